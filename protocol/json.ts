import { z } from 'zod';
import { LIMITS } from './limits.ts';

/**
 * A value that JSON can carry, nested a bounded number of times: what parses
 * and writes it goes one call deeper with each level.
 */
export const Json = z
  .unknown()
  .refine((value) => !isDeeperThan(value, LIMITS.jsonDepth), {
    message: `is nested more than ${LIMITS.jsonDepth} levels deep`,
  })
  .pipe(z.json());
export type Json = z.infer<typeof Json>;

/** An instant on the wire: ISO 8601 in UTC with milliseconds. */
export const Instant = z.iso.datetime({ offset: false, precision: 3 });
export type Instant = z.infer<typeof Instant>;

/** Milliseconds since 1970 as they travel. */
export function toInstant(ms: number): Instant {
  return new Date(ms).toISOString();
}

/** Milliseconds since 1970 of a parsed instant. */
export function fromInstant(instant: Instant): number {
  return Date.parse(instant);
}

/** Level by level and without recursion, so that no value is too deep to be looked at. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= levels) return true;
    level = level.flatMap((container): unknown[] => Object.values(container)).filter(isContainer);
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
