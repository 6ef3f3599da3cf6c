import { z } from 'zod';
import { LIMITS } from './limits.ts';

/** Whole days in UTC; null: for ever. */
const days = (min: number) => z.int().min(min).max(LIMITS.retentionDays).nullable();

/** How long readings, their minutes and their hours are kept. */
const RETENTION_DAYS = {
  /** The first view of a site shows a day. */
  rawDays: days(2),
  minuteDays: days(2),
  hourDays: days(2),
};
export const RetentionDays = z.object(RETENTION_DAYS);
export type RetentionDays = z.infer<typeof RetentionDays>;

/** What sums up more is kept at least as long. */
function isInOrder({ rawDays, minuteDays, hourDays }: RetentionDays): boolean {
  const [raw, minutes, hours] = [rawDays, minuteDays, hourDays].map((one) => one ?? Infinity);
  return (raw ?? 0) <= (minutes ?? 0) && (minutes ?? 0) <= (hours ?? 0);
}

/** Of a site that is added. */
export const DEFAULT_RETENTION: RetentionDays = { rawDays: 30, minuteDays: 365, hourDays: null };

/**
 * PUT /api/sites/:siteId/retention -> RetentionView. Without `acceptsDeletion` it is refused
 * with `deletion_unconfirmed` where something would be deleted, and `details` say how much
 * (a `Deletion`).
 */
export const RetentionRequest = z
  .strictObject({ ...RETENTION_DAYS, acceptsDeletion: z.boolean().default(false) })
  .refine(isInOrder, {
    message: 'readings are kept no longer than their minutes, and these no longer than hours',
  });
export type RetentionRequest = z.input<typeof RetentionRequest>;

/** GET /api/sites/:siteId/retention */
export const RetentionView = z.object({
  ...RETENTION_DAYS,
  /** Milliseconds since 1970 from when on each is kept; 0: from the beginning. */
  rawFromMs: z.number(),
  minutesFromMs: z.number(),
  hoursFromMs: z.number(),
});
export type RetentionView = z.infer<typeof RetentionView>;

/** What a choice would delete now. */
export const Deletion = z.object({
  readings: z.int().nonnegative(),
  /** Rows of minutes and of hours. */
  minutes: z.int().nonnegative(),
  hours: z.int().nonnegative(),
  /** False while older readings are still being rolled up: then it is at least this much. */
  isComplete: z.boolean(),
});
export type Deletion = z.infer<typeof Deletion>;
