import { z } from 'zod';
import { ErrorCodeSchema } from '../errors.ts';
import { FirmwareId, RolloutId, SiteId, UnitId, UpdateId } from '../ids.ts';
import { Instant } from '../json.ts';
import { LIMITS } from '../limits.ts';
import { UnitUpdateState } from './unit-update-state.ts';

/**
 * running: units are updated step by step. paused: no further unit starts; updates in
 * progress continue. stopped: too many units failed. aborted: a person ended it.
 * finished: every unit has ended.
 */
export const RolloutState = z.enum(['running', 'paused', 'stopped', 'aborted', 'finished']);
export type RolloutState = z.infer<typeof RolloutState>;

/** Whether something is still to come of it. */
export function isRolloutOpen(state: RolloutState): boolean {
  return state === 'running' || state === 'paused';
}

/** What a running rollout waits for, other than for units that are at it. */
export const RolloutHold = z.enum([
  /** A canary cannot be reached. */
  'canary_away',
  /** The units of this step prove themselves. */
  'soaking',
  /** A unit of this step was updated and has been offline since. */
  'updated_away',
]);
export type RolloutHold = z.infer<typeof RolloutHold>;

/** The steps of a rollout, and when it stops. */
export const RolloutPlan = z.object({
  /** Of the units, rising to 100; how many have had their turn after the step of the canaries, and after each further one. */
  percentages: z.array(z.int().min(1).max(100)).min(1).max(LIMITS.rolloutPercentages),
  /** The units of a step must have been there for so long without a break, before the next. */
  soakMs: z.int().min(0).max(LIMITS.rolloutSoakMs),
  /** So many failed units stop the rollout; a canary always does. */
  stopAtFailures: z.int().min(1).max(LIMITS.unitsPerBase),
  /** And so does this share of all its units. */
  stopAtPercent: z.int().min(1).max(100).nullable(),
});
export type RolloutPlan = z.infer<typeof RolloutPlan>;

/** Units of a rollout by state. */
const RolloutCounts = z.object({
  waiting: z.int().nonnegative(),
  /** From queued to applying. */
  underWay: z.int().nonnegative(),
  confirmed: z.int().nonnegative(),
  /** Failed, or rolled back. */
  failed: z.int().nonnegative(),
  cancelled: z.int().nonnegative(),
});
type RolloutCounts = z.infer<typeof RolloutCounts>;

/** GET /api/rollouts/:rolloutId; part of a snapshot */
export const RolloutView = z.object({
  id: RolloutId,
  siteId: SiteId,
  /** Its id is null once it was deleted. */
  firmware: z.object({ id: FirmwareId.nullable(), model: z.string(), version: z.string() }),
  state: RolloutState,
  plan: RolloutPlan,
  /** 0: the canaries; 1: the first of the percentages. */
  step: z.int().nonnegative(),
  /** How many units have had their turn by the end of each step, that of the canaries first. */
  targets: z.array(z.int().nonnegative()),
  counts: RolloutCounts,
  hold: RolloutHold.nullable(),
  /** When the next step begins, unless something happens before. */
  nextStepAt: Instant.nullable(),
  startedBy: z.string(),
  createdAt: Instant,
  endedAt: Instant.nullable(),
});
export type RolloutView = z.infer<typeof RolloutView>;

/** When an update came to a state, on the hub's clock. */
export const UpdateStep = z.object({
  state: UnitUpdateState,
  at: Instant,
  code: ErrorCodeSchema.optional(),
});
export type UpdateStep = z.infer<typeof UpdateStep>;

/** The state of one unit in a rollout; the newest is part of the unit's view. */
export const UnitUpdate = z.object({
  id: UpdateId,
  unitId: UnitId,
  rolloutId: RolloutId,
  firmwareId: FirmwareId.nullable(),
  version: z.string(),
  /** What the unit ran when the rollout was started. */
  fromVersion: z.string(),
  isCanary: z.boolean(),
  state: UnitUpdateState,
  /** Why it failed. */
  code: ErrorCodeSchema.optional(),
  steps: z.array(UpdateStep),
});
export type UnitUpdate = z.infer<typeof UnitUpdate>;
