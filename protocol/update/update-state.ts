import { z } from 'zod';
import { ErrorCodeSchema } from '../errors.ts';
import { UnitId, UpdateId } from '../ids.ts';

/**
 * Progress of an update, in this order; the last three are ends.
 *
 * - `queued`: waits for the unit.
 * - `downloading`: bytes are sent to the unit, which keeps working.
 * - `verified`: the unit has read back the image and verified it. It may wait here: no
 *   restart while that would switch something off.
 * - `applying`: the unit restarts with it and has not confirmed it yet. From here on it
 *   cannot be cancelled.
 * - `confirmed`: the unit runs it, and an authenticated base has connected.
 * - `failed`: the unit runs its previous firmware, or waits in safe mode; the code says
 *   why.
 * - `rolled_back`: the new firmware did not work; the unit runs its previous one.
 *
 * A lost link, or a restart of the unit or the base, takes it back to `queued` unless
 * it is `applying`.
 */
export const UPDATE_STATES = [
  'queued',
  'downloading',
  'verified',
  'applying',
  'confirmed',
  'failed',
  'rolled_back',
] as const;
export const UpdateState = z.enum(UPDATE_STATES);
export type UpdateState = z.infer<typeof UpdateState>;

const ENDS: ReadonlySet<UpdateState> = new Set(['confirmed', 'failed', 'rolled_back']);

export function isUpdateEnd(state: UpdateState): boolean {
  return ENDS.has(state);
}

/** One update of one unit, as base, hub and dashboard exchange it. */
export const UpdateProgress = z.strictObject({
  updateId: UpdateId,
  unitId: UnitId,
  state: UpdateState,
  /** Bytes that the unit has. */
  doneBytes: z.int().min(0),
  totalBytes: z.int().min(1),
  /**
   * Why it ended, with `failed` and `rolled_back`; or what it waits for, with `queued`
   * and `verified`.
   */
  code: ErrorCodeSchema.nullable(),
});
export type UpdateProgress = z.infer<typeof UpdateProgress>;
