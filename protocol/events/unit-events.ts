import { z } from 'zod';
import { AffordanceName } from '../command/command.ts';
import { ErrorCodeSchema } from '../errors.ts';
import { BaseId, DeviceId, RolloutId, UnitId, UpdateId } from '../ids.ts';
import { Instant, Json } from '../json.ts';
import { UnitState } from '../presence.ts';
import { GapReason } from '../reading.ts';
import { UnitUpdateState } from '../rollout/unit-update-state.ts';
import { ScalarValue } from '../thing/data-schema.ts';
import { AnyUnitAddress } from '../unit-address.ts';
import { BaseEndpoint, MqttDeviceEndpoint } from '../unit-endpoint.ts';

/** What every event about a unit begins with. */
const unit = { unitId: UnitId, unitName: z.string() };

export const UnitAdded = z.object({
  ...unit,
  place: z.string(),
  endpoint: z.discriminatedUnion('kind', [BaseEndpoint.omit({ link: true }), MqttDeviceEndpoint]),
});

/** Only the changed fields. */
export const UnitChanged = z.object({
  ...unit,
  changes: z.object({
    name: z.string().optional(),
    place: z.string().optional(),
    /** Of a unit behind a base: where that base connects to it. */
    address: AnyUnitAddress.optional(),
    /** Another device is the unit by now. */
    deviceId: DeviceId.optional(),
    model: z.string().optional(),
    firmwareVersion: z.string().optional(),
    /** It began to run again then, for this reason. */
    startedAt: Instant.optional(),
    resetReason: z.string().optional(),
    /** Its properties, actions or events are others. */
    description: z.literal(true).optional(),
  }),
});

export const UnitRemoved = z.object({
  ...unit,
  /** The base that it stood behind; absent: none. */
  baseId: BaseId.optional(),
});

export const UnitPresenceChanged = z.object({
  ...unit,
  state: UnitState,
  since: Instant,
  code: ErrorCodeSchema.optional(),
});

/** The device's own word: an event affordance of its description. */
export const UnitEvent = z.object({
  ...unit,
  event: AffordanceName,
  data: Json.optional(),
  measuredAt: Instant,
});

/** The image of a rollout came one state further at a unit. */
export const UnitUpdateChanged = z.object({
  ...unit,
  updateId: UpdateId,
  rolloutId: RolloutId,
  state: UnitUpdateState,
  code: ErrorCodeSchema.optional(),
});

/** Another value is in force. Not for numbers that a unit measures: those are readings. */
export const PropertyChanged = z.object({
  ...unit,
  property: AffordanceName,
  value: ScalarValue,
  measuredAt: Instant,
});

/** Readings that will never come. */
export const ReadingsGapDeclared = z.object({
  ...unit,
  reason: GapReason,
  from: Instant,
  to: Instant,
  count: z.int().positive(),
});
