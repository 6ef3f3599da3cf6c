import { z } from 'zod';
import { AffordanceName } from '../command/command.ts';
import { CommandStage, withNamedStage } from '../command/command-stage.ts';
import { CommandOutcome } from '../command/command-state.ts';
import { ReportedText } from '../display-text.ts';
import { EpochMs } from '../epoch-ms.ts';
import { ErrorCodeSchema } from '../errors.ts';
import { CommandId, Epoch, EventId, UnitId } from '../ids.ts';
import { Instant, Json } from '../json.ts';
import { LIMITS } from '../limits.ts';
import { UnitState } from '../presence.ts';
import { Reading, ReadingGap } from '../reading.ts';
import { OutboxPlace } from './outbox-place.ts';
import { SessionPolicy, ThingDescription } from '../thing/thing-description.ts';
import { UpdateProgress } from '../update/update-state.ts';
import { UnitAddress } from '../unit-address.ts';
import { UnitLinkKind } from '../unit-link-kind.ts';

/** Why a command ended so. Bases of version 2 and older called an unknown outcome `in_doubt`. */
const EndCode = z.preprocess(
  (code) => (code === 'in_doubt' ? 'outcome_unknown' : code),
  ErrorCodeSchema,
);

/** A step of the trace on the base's clock; the hub corrects it by the batch's `clockOffsetMs`. */
export const BaseTraceStep = z.preprocess(
  withNamedStage,
  z.strictObject({
    stage: CommandStage,
    atMs: EpochMs,
    code: EndCode.optional(),
    note: ReportedText(200).optional(),
  }),
);
export type BaseTraceStep = z.infer<typeof BaseTraceStep>;

/** How a command ended, with every stage the base knows. */
export const CommandFinished = z.strictObject({
  commandId: CommandId,
  outcome: CommandOutcome,
  code: EndCode.optional(),
  output: Json.optional(),
  duplicate: z.boolean().optional(),
  trace: z.array(BaseTraceStep).max(32),
});
export type CommandFinished = z.infer<typeof CommandFinished>;

/** Readings of one unit and one boot, oldest first. */
export const ReadingsRecorded = z.strictObject({
  unitId: UnitId,
  bootId: z.string().regex(/^[0-9a-f]{8}$/),
  readings: z.array(Reading).min(1).max(LIMITS.readingsPerEvent),
});
export type ReadingsRecorded = z.infer<typeof ReadingsRecorded>;

/** Readings that the hub will never get. This record itself is never dropped. */
export const ReadingsDropped = z.strictObject({ unitId: UnitId, ...ReadingGap.shape });
export type ReadingsDropped = z.infer<typeof ReadingsDropped>;

export const UnitPresenceChanged = z.strictObject({
  unitId: UnitId,
  state: UnitState,
  code: ErrorCodeSchema.optional(),
  atMs: EpochMs,
  /** Time of the last byte received from the unit. */
  lastContactAtMs: EpochMs.nullable(),
});
export type UnitPresenceChanged = z.infer<typeof UnitPresenceChanged>;

export const UnitDescribed = z.strictObject({
  unitId: UnitId,
  hardwareId: ReportedText(LIMITS.unitLink.hardwareIdChars).min(1),
  model: ReportedText(LIMITS.unitLink.modelChars),
  firmwareVersion: ReportedText(LIMITS.unitLink.firmwareVersionChars),
  sessionPolicy: SessionPolicy,
  bootId: z.string().regex(/^[0-9a-f]{8}$/),
  resetReason: z.enum([
    'unspecified',
    'power_on',
    'external',
    'software',
    'watchdog',
    'exception',
    'deep_sleep',
  ]),
  startedAtMs: EpochMs,
  description: ThingDescription,
});
export type UnitDescribed = z.infer<typeof UnitDescribed>;

/** Something happened at a unit (W3C event affordance). */
export const UnitEventHappened = z.strictObject({
  unitId: UnitId,
  bootId: z.string().regex(/^[0-9a-f]{8}$/),
  seq: z.int().nonnegative(),
  event: AffordanceName,
  data: Json.optional(),
  measuredAtMs: EpochMs,
  receivedAtMs: EpochMs,
});
export type UnitEventHappened = z.infer<typeof UnitEventHappened>;

/** Units that the base's own configuration file names; the hub adds those it does not know. */
export const UnitsDeclared = z.strictObject({
  units: z
    .array(
      z.strictObject({
        unitId: UnitId,
        name: ReportedText(64),
        address: UnitAddress,
        link: UnitLinkKind,
        /** The unit authenticated with its key at this address: no other unit has it any more. */
        isProven: z.boolean().optional(),
      }),
    )
    .max(LIMITS.unitsPerBase),
});
export type UnitsDeclared = z.infer<typeof UnitsDeclared>;

/** The update of a unit came to another state, or waits for another reason. */
export const UpdateChanged = z.strictObject({ ...UpdateProgress.shape, atMs: EpochMs });
export type UpdateChanged = z.infer<typeof UpdateChanged>;

/** Bases of version 3 and older say `readings.taken`. */
function withTodaysType(event: unknown): unknown {
  if (typeof event !== 'object' || event === null || !('type' in event)) return event;
  return event.type === 'readings.taken' ? { ...event, type: 'readings.recorded' } : event;
}

const BaseEventUnion = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('command.finished'), data: CommandFinished }),
  z.strictObject({ type: z.literal('readings.recorded'), data: ReadingsRecorded }),
  z.strictObject({ type: z.literal('readings.dropped'), data: ReadingsDropped }),
  z.strictObject({ type: z.literal('unit.presence'), data: UnitPresenceChanged }),
  z.strictObject({ type: z.literal('unit.described'), data: UnitDescribed }),
  z.strictObject({ type: z.literal('unit.event'), data: UnitEventHappened }),
  z.strictObject({ type: z.literal('update.changed'), data: UpdateChanged }),
  z.strictObject({ type: z.literal('units.declared'), data: UnitsDeclared }),
]);
export const BaseEventBody = z.preprocess(withTodaysType, BaseEventUnion);
export type BaseEventBody = z.infer<typeof BaseEventBody>;
export type BaseEventType = BaseEventBody['type'];
export const BASE_EVENT_TYPES: readonly BaseEventType[] = BaseEventUnion.options.map(
  (option) => option.shape.type.value,
);

/** Position of an event in the base's outbox: `seq` counts from 1 within the batch's epoch. */
const EventPosition = z.object({ id: EventId, seq: z.int().positive() });

/** What a base reports to the hub. The hub deduplicates by (base, run, seq). */
export const BaseEvent = z.intersection(
  EventPosition,
  // `data` is validated event by event.
  z.object({ type: z.string(), data: z.unknown() }),
);
export type BaseEvent = z.infer<typeof BaseEvent>;

/** A century: a board without a battery wakes up in 1970, and its readings are good all the same. */
export const MAX_CLOCK_OFFSET_MS = 100 * 366 * 86_400_000;

/**
 * Body of `POST /api/webhooks/bases/:baseId`, a Standard Webhooks payload.
 * Events are parsed one by one with {@link BaseEventBody}, so that one bad
 * event is refused with its code and does not hold up the others.
 */
export const BaseEventBatch = z.strictObject({
  type: z.literal('base.events'),
  timestamp: Instant,
  data: z.strictObject({
    /** The life of the outbox: within it, a higher `seq` is newer. */
    epoch: Epoch,
    /** The run of the base that gave the numbers; absent: as `epoch`. */
    run: Epoch.optional(),
    /**
     * The last event that the hub has confirmed. A hub that lacks it was restored from
     * a backup.
     */
    settled: OutboxPlace.optional(),
    /** What to add to the base's clock to get the hub's, as the base measured it; null: unknown. */
    clockOffsetMs: z.number().min(-MAX_CLOCK_OFFSET_MS).max(MAX_CLOCK_OFFSET_MS).nullable(),
    events: z.array(BaseEvent).min(1).max(LIMITS.webhookBatchEvents),
  }),
});
export type BaseEventBatch = z.infer<typeof BaseEventBatch>;

/**
 * Answer to a batch: every event is settled. A refused event is never worth
 * sending again; a fault that is, fails the whole call with 5xx.
 */
export const BatchReceipt = z.object({
  accepted: z.int().nonnegative(),
  duplicates: z.int().nonnegative(),
  refused: z
    .array(z.object({ seq: z.int().positive(), code: ErrorCodeSchema }))
    .max(LIMITS.webhookBatchEvents),
});
export type BatchReceipt = z.infer<typeof BatchReceipt>;
