import { formatBootId, type UnitIdentity } from '../port/unit-identity.ts';
import type { UnitSession } from '../port/unit-driver.ts';
import { createHash } from 'node:crypto';
import type { UnitId } from '#protocol/ids.ts';
import {
  type PropertyAffordance,
  type SessionPolicy as Session,
  TD_CONTEXT,
  type ThingDescription,
} from '#protocol/thing/thing-description.ts';
import { UnitModel } from '../port/unit-model.ts';

/** Identity and model of a unit that cannot describe itself. */
export type LineDescription = Pick<UnitSession, 'identity' | 'model'>;

export const SENSOR_PROPERTY = 'value';

/** A bare number: the firmware reports neither its quantity nor its unit. */
const SENSOR = thingOf('line-sensor', 'held', {
  [SENSOR_PROPERTY]: {
    type: 'number',
    title: 'Value',
    'sb:semantic': 'sensor.value',
    readOnly: true,
    writeOnly: false,
    observable: true,
    idempotent: true,
  },
});

/** A colour that can be written but not read. */
const LAMP = thingOf('line-lamp', 'on-demand', {
  color: {
    type: 'string',
    format: 'color',
    title: 'Colour',
    description: 'Sent without an answer: this firmware never reports its colour.',
    'sb:semantic': 'light.color',
    readOnly: false,
    writeOnly: true,
    observable: false,
    idempotent: true,
  },
});

function thingOf(
  title: string,
  session: Session,
  properties: Readonly<Record<string, PropertyAffordance>>,
): ThingDescription {
  const hash = createHash('sha256').update(JSON.stringify(properties)).digest('hex');
  return {
    '@context': TD_CONTEXT,
    title,
    properties,
    actions: {},
    events: {},
    'sb:schemaHash': hash.slice(0, 16),
    'sb:session': session,
  };
}

export function describeSensor(unitId: UnitId, random: () => number): LineDescription {
  return describe(SENSOR, unitId, random);
}

export function describeLamp(unitId: UnitId, random: () => number): LineDescription {
  return describe(LAMP, unitId, random);
}

/**
 * The unit has no identity, so it is identified by its id at the base. Its restarts
 * cannot be detected, so the base numbers its readings per run of the base.
 */
function describe(thing: ThingDescription, unitId: UnitId, random: () => number): LineDescription {
  const identity: UnitIdentity = {
    hardwareId: `line-${unitId.replaceAll('-', '').slice(-16)}`,
    model: thing.title,
    firmwareVersion: '',
    bootId: formatBootId(Math.floor(random() * 0x1_0000_0000)),
    resetReason: 'unspecified',
    uptimeMs: 0,
    safeMode: false,
    unconfirmed: false,
  };
  return { identity, model: new UnitModel(thing) };
}
