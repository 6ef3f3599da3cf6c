import { z } from 'zod';
import { AffordanceName } from '../command/command.ts';
import { DisplayText } from '../display-text.ts';
import { SiteId, UnitId } from '../ids.ts';
import { Instant } from '../json.ts';
import { LIMITS } from '../limits.ts';
import { UnitPresence } from '../presence.ts';
import { DesiredState, PropertyState, ReadingGap } from '../reading.ts';
import { UnitUpdate } from '../rollout/rollout.ts';
import { SessionPolicy, ThingDescription } from '../thing/thing-description.ts';
import { EndpointChange, UnitEndpoint } from '../unit-endpoint.ts';
import { Name } from './accounts.ts';

/** GET /api/units/:unitId; part of a snapshot */
export const UnitView = z.object({
  id: UnitId,
  siteId: SiteId,
  name: z.string(),
  /** Room or other place, '' for none; the dashboard groups by it. */
  place: z.string(),
  /** By which way the hub reaches it. */
  endpoint: UnitEndpoint,
  presence: UnitPresence,
  /** The unit's own description; null before first contact. */
  identity: z
    .object({
      hardwareId: z.string(),
      model: z.string(),
      firmwareVersion: z.string(),
      sessionPolicy: SessionPolicy,
      bootId: z.string(),
      resetReason: z.string(),
      startedAt: Instant,
    })
    .nullable(),
  description: ThingDescription.nullable(),
  /** Latest value by property name. */
  reported: z.record(z.string(), PropertyState),
  /** Latest desired value by property name, kept until the unit reports it. */
  desired: z.record(z.string(), DesiredState),
  /** What became of it in the newest rollout that it was in; null: it never was in one. */
  update: UnitUpdate.nullable(),
  createdAt: Instant,
});
export type UnitView = z.infer<typeof UnitView>;

export const Place = DisplayText(LIMITS.nameChars);

/** PATCH /api/units/:unitId */
export const UnitChange = z.strictObject({
  name: Name.optional(),
  place: Place.optional(),
  endpoint: EndpointChange.optional(),
});
export type UnitChange = z.infer<typeof UnitChange>;

/** PUT /api/sites/:siteId/layout: the caller's own order of the tiles. */
export const SiteLayout = z.strictObject({ unitIds: z.array(UnitId).max(1_000) });
export type SiteLayout = z.infer<typeof SiteLayout>;

/** Spans of a history bucket in milliseconds; `raw` gives each reading. */
export const Resolution = z.enum(['raw', '1s', '10s', '1m', '10m', '1h', '1d', 'auto']);
export type Resolution = z.infer<typeof Resolution>;

/** GET /api/units/:unitId/history?property=&from=&to=&resolution= */
export const HistoryQuery = z.strictObject({
  property: AffordanceName,
  /** Milliseconds since 1970. */
  from: z.coerce.number().int().nonnegative(),
  to: z.coerce.number().int().nonnegative(),
  resolution: Resolution.default('auto'),
});
export type HistoryQuery = z.input<typeof HistoryQuery>;

/** One bucket: start in ms since 1970, then the values measured in it. Booleans count as 0 and 1. */
export const HistoryPoint = z.object({
  atMs: z.number(),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  last: z.number(),
  count: z.int().positive(),
});
export type HistoryPoint = z.infer<typeof HistoryPoint>;

/** Single readings, or what the hub keeps of each minute or hour. */
export const HistorySource = z.enum(['raw', '1m', '1h']);
export type HistorySource = z.infer<typeof HistorySource>;

export const HistoryAnswer = z.object({
  property: z.string(),
  fromMs: z.number(),
  toMs: z.number(),
  /**
   * Span of a bucket in ms; 0: each point is one reading. Longer than requested where so much
   * detail is not kept for all of the range.
   */
  bucketMs: z.number(),
  /** What the points were made of, but for the newest of them. */
  source: HistorySource,
  /** From when on single readings, minutes and hours are kept; 0: from the beginning. */
  kept: z.object({ rawFromMs: z.number(), minutesFromMs: z.number(), hoursFromMs: z.number() }),
  points: z.array(HistoryPoint),
  /**
   * Readings of the unit, of any property, that were lost within the range, ordered by
   * `fromMs`. Gaps that are close together are merged.
   */
  gaps: z.array(ReadingGap),
  /**
   * Set if there were more points than one answer can hold. The newest are left out:
   * continue from here.
   */
  nextFromMs: z.number().nullable(),
});
export type HistoryAnswer = z.infer<typeof HistoryAnswer>;
