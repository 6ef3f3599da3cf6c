import { z } from 'zod';
import { ErrorCodeSchema } from './errors.ts';
import { Instant } from './json.ts';

/** A base as the hub sees it. unknown: not proven since the hub started. */
export const BasePresence = z.object({
  state: z.enum(['online', 'offline', 'unknown']),
  since: Instant,
  lastSeenAt: Instant.nullable(),
});
export type BasePresence = z.infer<typeof BasePresence>;

/**
 * A unit as its base sees it, in the terms of the Homie convention. init: not yet
 * reached since the base started. ready: a session is open, or the last on-demand
 * contact succeeded. disconnected: said goodbye. sleeping: away as announced. lost:
 * gone without goodbye. Whether the base is online is part of the base's presence.
 */
const UNIT_STATES = ['init', 'ready', 'disconnected', 'sleeping', 'lost'] as const;
export const UnitState = z.enum(UNIT_STATES);
export type UnitState = z.infer<typeof UnitState>;

export const UnitPresence = z.object({
  state: UnitState,
  since: Instant,
  /** Why it is not ready. */
  code: ErrorCodeSchema.optional(),
  lastContactAt: Instant.nullable(),
});
export type UnitPresence = z.infer<typeof UnitPresence>;
