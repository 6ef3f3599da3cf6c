import type { Epoch } from '#protocol/ids.ts';

/** The position of a report in the outbox of its base. */
export interface OutboxPlace {
  readonly epoch: Epoch;
  readonly seq: number;
}

/** From two columns that are null together. */
export function placeOf(epoch: Epoch | null, seq: number | null): OutboxPlace | null {
  return epoch === null || seq === null ? null : { epoch, seq };
}

/** Whether a later report of the same outbox is in force: live reports overtake the backlog. */
export function isOvertaken(report: OutboxPlace, inForce: OutboxPlace | null): boolean {
  return inForce?.epoch === report.epoch && inForce.seq > report.seq;
}
