import type { ConnectPlan, UnitSession, Delivered, DeliveryDeps } from '../port/unit-driver.ts';
import { STAGE } from '#protocol/command/command-stage.ts';
import { AppError } from '#protocol/errors.ts';
import { parseColor } from '#protocol/thing/color.ts';
import type { CommandTask, TaskEnd } from '../port/command-task.ts';
import { trace, unlessUnknown } from '../port/command-task.ts';
import { resolveCommand } from '../port/resolve-command.ts';
import type { DialDeps } from '../transport/unit-transport.ts';
import { dialLine } from './dial-line.ts';
import type { LineDescription } from './describe-line-unit.ts';
import { LineLink } from './line-link.ts';

/**
 * Connects to a lamp that accepts colours (docs/line-units.md section 3). Accepting the
 * connection is its only sign of life.
 *
 * @throws AppError `unit_unreachable`.
 */
export async function connectLamp(
  description: LineDescription,
  plan: ConnectPlan,
  deps: DialDeps,
): Promise<UnitSession> {
  let isConnected = false;
  const link = new LineLink({
    data: () => undefined,
    ended: (end) => {
      if (isConnected) plan.listener.ended(end);
    },
  });
  const abort = () => {
    link.refuse('unit_unreachable');
  };
  plan.signal.addEventListener('abort', abort);
  try {
    await dialLine(link, plan, deps);
  } finally {
    plan.signal.removeEventListener('abort', abort);
  }
  if (!link.isOpen) throw new AppError('unit_unreachable');
  isConnected = true;
  return {
    ...description,
    get isOpen() {
      return link.isOpen;
    },
    goodbye: () => {
      link.goodbye();
    },
    refuse: (code) => {
      link.refuse(code);
    },
    // Each connection that brings nothing makes it deaf for five seconds.
    mayBeProbed: false,
    startSubscriptions: () => () => undefined,
    deliver: (task, more) => Promise.resolve(sendColor(task, { ...more, link, ...description })),
  };
}

/**
 * One colour, one CR, and the end of the connection in the same segment: what
 * this firmware is fastest with. An end that comes later finds it waiting for
 * another colour, for five seconds.
 */
function sendColor(
  task: CommandTask,
  deps: DeliveryDeps & LineDescription & { readonly link: LineLink },
): Delivered {
  const { clock, hubNowMs, log, link, model } = deps;
  const { command } = task;
  const color = typeof command.input === 'string' ? parseColor(command.input) : undefined;
  const ended = (end: TaskEnd): Delivered => ({ kind: 'ended', end });
  if (!link.isOpen) return { kind: 'retry', reason: 'link_lost' };
  const resolution = resolveCommand(model, command);
  if (!resolution.ok || color === undefined) {
    const code = resolution.ok ? 'input_invalid' : resolution.code;
    return ended(unlessUnknown(task, { outcome: 'rejected', code }));
  }
  task.owner.sending(task, resolution.idempotent);
  if (task.expiresAtMs !== undefined && task.expiresAtMs <= hubNowMs()) {
    return ended(unlessUnknown(task, { outcome: 'expired', code: 'expired' }));
  }
  task.attempts += 1;
  link.finish(new TextEncoder().encode(`${color}\r`));
  trace(task, { stage: STAGE.baseWritten, atMs: clock.nowMs(), note: 'this unit never answers' });
  task.owner.written(task);
  log.debug({ commandId: command.id, stage: STAGE.baseWritten }, 'command written');
  return ended({ outcome: 'unknown', code: 'unconfirmed' });
}
