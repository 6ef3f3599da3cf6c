import { STAGE } from '#protocol/command/command-stage.ts';
import type { Delivered, DeliveryDeps } from '../port/unit-driver.ts';
import { ANSWER_TIMEOUT_MS, type CommandTask, type TaskEnd, trace } from '../port/command-task.ts';
import { resolveCommand } from '../port/resolve-command.ts';
import type { UnitModel } from '../port/unit-model.ts';
import type { LineLink } from './line-link.ts';
import type { NextValue } from './next-value.ts';

interface ReadDeps extends DeliveryDeps {
  readonly link: LineLink;
  readonly model: UnitModel;
  readonly next: NextValue;
}

const ended = (end: TaskEnd): Delivered => ({ kind: 'ended', end });

/** A sensor cannot be queried; its next value was measured after the request, and is the answer. */
export async function readNext(task: CommandTask, deps: ReadDeps): Promise<Delivered> {
  const { clock, hubNowMs, link, model, next } = deps;
  if (!link.isOpen) return { kind: 'retry', reason: 'link_lost' };
  const resolution = resolveCommand(model, task.command);
  if (!resolution.ok) return ended({ outcome: 'rejected', code: resolution.code });
  const leftMs = task.expiresAtMs === undefined ? ANSWER_TIMEOUT_MS : task.expiresAtMs - hubNowMs();
  if (leftMs <= 0) return ended({ outcome: 'expired', code: 'expired' });
  task.attempts += 1;
  const value = await next.next(Math.min(ANSWER_TIMEOUT_MS, leftMs));
  if (value === 'link_lost') return { kind: 'retry', reason: 'link_lost' };
  if (value === 'unit_timeout') return ended({ outcome: 'failed', code: 'unit_timeout' });
  trace(task, { stage: STAGE.baseMatched, atMs: clock.nowMs() });
  return ended({ outcome: 'succeeded', output: value });
}
