import { z } from 'zod';
import { AffordanceName } from '../command/command.ts';
import { Epoch, UnitId } from '../ids.ts';
import { Reading } from '../reading.ts';
import { ResumeFailure } from '../site-cursor.ts';

/** Readings in one message of a stream. */
export const READINGS_PER_MESSAGE = 500;

/**
 * GET /api/sites/:siteId/readings: with `after`, what was stored after that position, in the
 * order in which it was stored; without it, only the position of now.
 */
export const SiteReadingsQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().optional(),
  /** Of the site, that `after` is a position of. */
  epoch: Epoch.optional(),
  /** About as many readings: those of one position are never divided. */
  limit: z.coerce.number().int().min(1).max(2_000).default(500),
  unit: UnitId.optional(),
  property: AffordanceName.optional(),
});
export type SiteReadingsQuery = z.infer<typeof SiteReadingsQuery>;

/** Readings of one unit that were stored together. */
export const ReadingsBatch = z.object({
  epoch: Epoch,
  /** Of the site's readings, once all of this position is there. */
  position: z.int().positive(),
  unitId: UnitId,
  /** With `seq` and the property it identifies a reading: a later batch may repeat it. */
  bootId: z.string().regex(/^[0-9a-f]{8}$/),
  /** Numbers and switches; text and colours come as `property.changed` events. */
  readings: z.array(Reading),
});
export type ReadingsBatch = z.infer<typeof ReadingsBatch>;

export const SiteReadingsPage = z.object({
  epoch: Epoch,
  /** Of the newest readings of the site. */
  position: z.int().nonnegative(),
  /** What was stored up to here can no longer be read in this order. */
  floor: z.int().nonnegative(),
  /** False if readings between `after` and this page are missing; `reason` says why. */
  recovered: z.boolean(),
  reason: ResumeFailure.optional(),
  batches: z.array(ReadingsBatch),
  /** The `after` of the next page; null: there is none. */
  next: z.int().nonnegative().nullable(),
});
export type SiteReadingsPage = z.infer<typeof SiteReadingsPage>;
