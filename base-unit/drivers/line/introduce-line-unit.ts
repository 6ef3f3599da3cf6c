import { formatBootId, type UnitIdentity } from '../port/unit-identity.ts';
import type { ConnectedUnit } from '../port/unit-driver.ts';
import { createHash } from 'node:crypto';
import type { UnitId } from '#protocol/ids.ts';
import {
  type PropertyAffordance,
  type SessionPolicy as Session,
  TD_CONTEXT,
  type ThingDescription,
} from '#protocol/thing/thing-description.ts';
import { UnitModel } from '../port/unit-model.ts';

/** What the base says of a unit that cannot say it itself. */
export type LineIntroduction = Pick<ConnectedUnit, 'identity' | 'model'>;

export const SENSOR_PROPERTY = 'value';

/** A bare number: what is measured, and in which unit, the firmware never told anybody. */
const SENSOR = thingOf('line-sensor', 'held', {
  [SENSOR_PROPERTY]: {
    type: 'number',
    title: 'Value',
    'sb:semantic': 'sensor.value',
    'sb:pid': 1,
    readOnly: true,
    writeOnly: false,
    observable: true,
    idempotent: true,
  },
});

/** A colour that can be sent and never be asked for. */
const LAMP = thingOf('line-lamp', 'on-demand', {
  color: {
    type: 'string',
    format: 'color',
    title: 'Colour',
    description: 'Sent without an answer: this firmware never tells what it shows.',
    'sb:semantic': 'light.color',
    'sb:pid': 1,
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

export function introduceSensor(unitId: UnitId, random: () => number): LineIntroduction {
  return introduce(SENSOR, unitId, random);
}

export function introduceLamp(unitId: UnitId, random: () => number): LineIntroduction {
  return introduce(LAMP, unitId, random);
}

/**
 * It has no identity to prove, so it is known by its place in the base's
 * list; and its boots go unseen, so the base counts its readings from its own
 * start to its next.
 */
function introduce(
  thing: ThingDescription,
  unitId: UnitId,
  random: () => number,
): LineIntroduction {
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
