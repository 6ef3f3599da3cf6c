import { z } from 'zod';
import { AffordanceName } from './command/command.ts';
import { EpochMs } from './epoch-ms.ts';
import { CommandId } from './ids.ts';
import { ScalarValue } from './thing/data-schema.ts';

/**
 * How far a reading's time can be trusted. synced: the base's clock was
 * checked against the hub's. free-running: it was not checked lately.
 * none: only the order is known.
 */
export const ClockQuality = z.enum(['synced', 'free-running', 'none']);
export type ClockQuality = z.infer<typeof ClockQuality>;

/** One measured value. Times are milliseconds since 1970, since readings come in bulk. */
export const Reading = z.object({
  property: AffordanceName,
  value: ScalarValue,
  /** When the unit measured it, on the base's clock. */
  measuredAtMs: EpochMs,
  /** When the base received it. */
  receivedAtMs: EpochMs,
  clock: ClockQuality,
  /** The unit's own count within its boot. */
  seq: z.int().nonnegative(),
});
export type Reading = z.infer<typeof Reading>;

/**
 * Why readings were dropped, mostly by a base. outbox_full, outbox_age: they waited for the hub and
 * were the oldest when there was no room, or too old. storage_full: the base's disk was
 * full. unit_full: the base was away longer than the unit can store samples. queue_full: a
 * device sent messages of QoS 0 faster than the hub read them; those are what is counted.
 */
export const GapReason = z.enum([
  'outbox_full',
  'outbox_age',
  'storage_full',
  'unit_full',
  'queue_full',
]);
export type GapReason = z.infer<typeof GapReason>;

/**
 * Dropped readings of one unit: `count` of them, measured from `fromMs` to `toMs`, both
 * included.
 */
export const ReadingGap = z.object({
  fromMs: EpochMs,
  toMs: EpochMs,
  count: z.int().positive(),
  reason: GapReason,
});
export type ReadingGap = z.infer<typeof ReadingGap>;

/** The latest value of a property, as snapshots carry it. */
export const PropertyState = z.object({
  value: ScalarValue,
  measuredAtMs: EpochMs,
  receivedAtMs: EpochMs,
  clock: ClockQuality,
});
export type PropertyState = z.infer<typeof PropertyState>;

/** The latest desired value for a property (verb `set`), until the unit reports it. */
export const DesiredState = z.object({
  value: ScalarValue,
  version: z.int().positive(),
  commandId: CommandId,
  setAtMs: EpochMs,
});
export type DesiredState = z.infer<typeof DesiredState>;
