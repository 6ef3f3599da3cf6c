import { z } from 'zod';
import { ErrorCodeSchema } from '../errors.ts';
import { UnitId, UpdateId } from '../ids.ts';

/**
 * How far an update is, in this order; the last three are ends.
 *
 * - `queued`: waits for the unit, or for another base's connection to it.
 * - `downloading`: bytes go to the unit, which goes on working.
 * - `verified`: the unit has read back the image and found it whole. It may wait
 *   there: nothing restarts a unit while that would switch something off.
 * - `applying`: the unit restarts with it, and has not confirmed it yet. From
 *   here on it can no longer be called off.
 * - `confirmed`: the unit runs it, and an authenticated base has spoken with it.
 * - `failed`: the unit runs what it ran before, or waits in safe mode; the code
 *   says why.
 * - `rolled_back`: the unit could not work with it and runs what it ran before.
 *
 * A cut, a restart of the unit or one of the base takes it back to `queued`
 * as long as it is not `applying`.
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

/** One update of one unit, as base, hub and dashboard tell each other of it. */
export const UpdateProgress = z.strictObject({
  updateId: UpdateId,
  unitId: UnitId,
  state: UpdateState,
  /** Bytes that the unit has. */
  doneBytes: z.int().min(0),
  totalBytes: z.int().min(1),
  /** Why it ended, with `failed` and `rolled_back`; or what it waits for, with `queued` and `verified`. */
  code: ErrorCodeSchema.nullable(),
});
export type UpdateProgress = z.infer<typeof UpdateProgress>;
