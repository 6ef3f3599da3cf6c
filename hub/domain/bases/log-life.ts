import type { ResumeAnswer, ResumeRequest } from '#protocol/hub-link/base-log.ts';
import type { OutboxPlace } from '#protocol/hub-link/outbox-place.ts';
import { type LogState, markAt } from '../../store/base-log.ts';
import { hasSettled, highestSettled } from '../../store/event-ranges.ts';
import type { Db } from '../../store/schema.ts';

export type AnewReason = Extract<ResumeAnswer, { recovered: false }>['reason'];

/** Whether this hub was restored from a backup: it lacks an event that it has confirmed. */
export async function isHubBehind(
  db: Db,
  baseKey: number,
  settled: OutboxPlace | undefined,
): Promise<boolean> {
  if (!settled) return false;
  return !(await hasSettled(db, { baseKey, epoch: settled.run }, settled.seq));
}

/**
 * Whether the base was restored from a backup: it has forgotten numbers that it used,
 * or entries that it acknowledged.
 */
export async function isBaseBehind(
  db: Db,
  log: LogState,
  request: ResumeRequest,
): Promise<boolean> {
  if (request.epoch === log.epoch && request.lastSeq < log.ackedSeq) return true;
  const earlier = request.outbox?.earlier;
  if (!earlier) return false;
  const outbox = { baseKey: log.key, epoch: earlier.run };
  return (await highestSettled(db, outbox)) > earlier.seq;
}

/** Why the log cannot continue at the base's position; undefined: it can. */
export async function whyNotRecovered(
  db: Db,
  log: LogState,
  request: ResumeRequest,
): Promise<AnewReason | undefined> {
  if (request.epoch === null) return 'first_contact';
  if (request.epoch !== log.epoch) return 'epoch_changed';
  if (request.lastSeq > log.headSeq) return 'ahead_of_hub';
  if (request.lastSeq < log.floorSeq) return 'log_trimmed';
  const mark = await markAt(db, log, request.lastSeq);
  const isOther = request.mark !== undefined && mark !== null && request.mark !== mark;
  return isOther ? 'log_changed' : undefined;
}
