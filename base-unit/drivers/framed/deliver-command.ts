import type { Delivered, DeliveryDeps } from '../port/unit-driver.ts';
import { STAGE } from '#protocol/command/command-stage.ts';
import { meaningOf } from '#protocol/unit-link/status.ts';
import { type Envelope, type Result, Status } from '#protocol/unit-link/unit_link_pb.ts';
import { buildRequest, type CommandRequest } from './command-request.ts';
import {
  ANSWER_TIMEOUT_MS,
  type CommandTask,
  outcomeUnknown,
  mayRetry,
  mayWaitForUnit,
  type TaskEnd,
  trace,
  unlessUnknown,
} from '../port/command-task.ts';
import type { FramedLink } from './framed-link.ts';
import type { UnitModel } from '../port/unit-model.ts';

/** Without an answer by then, the unit is checked for being alive. */
const SUSPECT_AFTER_MS = 5_000;
const MAX_TTL_MS = 0xffff_ffff;

interface Delivery extends DeliveryDeps {
  readonly link: FramedLink;
  readonly model: UnitModel;
}

/** `again`: nothing is lost by trying once more. */

const ended = (end: TaskEnd): Delivered => ({ kind: 'ended', end });

/** Writes a command to an open link and waits for the unit's answer. */
export async function deliverCommand(task: CommandTask, delivery: Delivery): Promise<Delivered> {
  const { clock, hubNowMs, log, link, model } = delivery;
  const { command } = task;
  const givenUp = (end: TaskEnd) => ended(unlessUnknown(task, end));
  if (!link.isOpen) return { kind: 'retry', reason: 'link_lost' };
  const built = buildRequest(model, command);
  if (!built.ok) return givenUp({ outcome: 'rejected', code: built.code });
  const { request } = built;
  // Sent now it would end as unknown; soon it is known whether the unit is alive.
  if (link.isSuspect && !request.idempotent) return { kind: 'retry', reason: 'unit_silent' };
  if (command.operation !== 'readproperty') task.owner.sending(task, request.idempotent);
  // Right before the write, so that nothing is begun after its time.
  const leftMs = task.expiresAtMs === undefined ? undefined : task.expiresAtMs - hubNowMs();
  if (leftMs !== undefined && leftMs <= 0) return givenUp({ outcome: 'expired', code: 'expired' });
  const ttlMs = leftMs === undefined ? 0 : Math.min(MAX_TTL_MS, Math.ceil(leftMs));
  const body = request.body(ttlMs);
  if (!link.fits(body)) return givenUp({ outcome: 'rejected', code: 'input_invalid' });
  task.attempts += 1;
  const timeoutMs = Math.min(ANSWER_TIMEOUT_MS, leftMs ?? ANSWER_TIMEOUT_MS);
  const pending = link.request(body, {
    expected: ['result'],
    timeoutMs,
    late: (late) => {
      applyLateAnswer(task, { late, request, delivery });
    },
  });
  trace(task, {
    stage: STAGE.baseWritten,
    atMs: clock.nowMs(),
    note: task.attempts > 1 ? `attempt ${task.attempts}` : undefined,
  });
  task.owner.written(task);
  log.debug({ commandId: command.id, stage: STAGE.baseWritten }, 'command written');
  const cancelSuspicion = clock.after(Math.min(SUSPECT_AFTER_MS, timeoutMs), () => {
    link.suspect();
  });
  const answer = await pending;
  cancelSuspicion();
  if (!answer.ok) return unanswered(task, answer.code, request.idempotent);
  trace(task, { stage: STAGE.baseMatched, atMs: answer.atMs });
  return answer.body.case === 'result'
    ? outcomeOf(task, answer.body.value, request)
    : ended({ outcome: 'failed', code: 'unit_protocol_error' });
}

/** The bytes were sent, and the outcome is unknown. */
function unanswered(
  task: CommandTask,
  reason: 'link_lost' | 'unit_timeout',
  idempotent: boolean,
): Delivered {
  if (task.command.operation === 'readproperty' && task.command.verb === 'invoke') {
    const code = reason === 'link_lost' ? 'unit_unreachable' : 'unit_timeout';
    return ended({ outcome: 'failed', code });
  }
  task.mayHaveRun = true;
  if (idempotent && mayRetry(task)) return { kind: 'retry', reason };
  return ended(outcomeUnknown(reason));
}

/** Not happened this time, and no word of any other time. */
const OF_ITS_ATTEMPT: readonly Status[] = [Status.BUSY, Status.NO_MEMORY, Status.EXPIRED];
const TRY_LATER: readonly Status[] = [Status.BUSY, Status.NO_MEMORY];

function outcomeOf(task: CommandTask, result: Result, request: CommandRequest): Delivered {
  const isTryLater = TRY_LATER.includes(result.status);
  if (isTryLater && mayWaitForUnit(task)) {
    task.busyAnswers = (task.busyAnswers ?? 0) + 1;
    return { kind: 'retry', reason: 'unit_busy' };
  }
  const end = endOf(result, request);
  return ended(OF_ITS_ATTEMPT.includes(result.status) ? unlessUnknown(task, end) : end);
}

/** Maps a result (docs/unit-link.md section 5.7). A duplicate counts as its first execution. */
function endOf(result: Result, request: CommandRequest): TaskEnd {
  const isDuplicate = result.status === Status.DUPLICATE;
  const meaning = meaningOf(isDuplicate ? result.firstStatus : result.status);
  const duplicate = isDuplicate ? { duplicate: true } : {};
  if (meaning.outcome !== 'succeeded') return { ...meaning, ...duplicate };
  const output = request.output(result.values);
  if (output === undefined) {
    return request.needsOutput
      ? { outcome: 'failed', code: 'unit_protocol_error' }
      : { outcome: 'succeeded', ...duplicate };
  }
  return { outcome: 'succeeded', output, ...duplicate };
}

interface LateAnswer {
  readonly late: Envelope['body'];
  readonly request: CommandRequest;
  readonly delivery: Delivery;
}

/**
 * Too late: this attempt was given up, and its outcome is reported anyway. While
 * another attempt is pending or in flight, only a success ends the command; any other
 * answer is about this attempt only.
 */
function applyLateAnswer(task: CommandTask, { late, request, delivery }: LateAnswer): void {
  if (late.case !== 'result') return;
  const { status } = late.value;
  const end = endOf(late.value, request);
  if (TRY_LATER.includes(status)) return;
  if (task.attempts > 1 && OF_ITS_ATTEMPT.includes(status)) return;
  if (task.end === undefined && end.outcome !== 'succeeded') return;
  if (task.end !== undefined && task.end.outcome !== 'unknown') return;
  task.end = end;
  trace(task, { stage: STAGE.baseMatched, atMs: delivery.clock.nowMs(), note: 'late' });
  delivery.log.info({ commandId: task.command.id, stage: STAGE.baseMatched }, 'late answer');
  task.owner.finished(task, end);
}
