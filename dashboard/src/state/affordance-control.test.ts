import { describe, expect, it } from 'vitest';
import type { PropertyAffordance, ThingDescription } from '#protocol/thing/thing-description.ts';
import {
  LAMP_THING,
  LIGHT_SENSOR_THING,
  THERMOMETER_THING,
  WORKBENCH_THING,
} from '../../testing/fake-things.ts';
import { controlOf, hasHistory, planTile } from './affordance-control.ts';

const rights = {
  'sb:pid': 1,
  readOnly: false,
  writeOnly: false,
  observable: true,
  idempotent: true,
};

describe('the control of a property', () => {
  it.each<[string, PropertyAffordance, object]>([
    ['a switch for a boolean', { type: 'boolean', ...rights }, { kind: 'switch' }],
    ['a colour', { type: 'string', format: 'color', ...rights }, { kind: 'color' }],
    [
      'a slider within limits',
      { type: 'integer', minimum: 0, maximum: 100, ...rights },
      { kind: 'slider', min: 0, max: 100, step: 1 },
    ],
    [
      'a slider with the step of the description',
      { type: 'number', minimum: 5, maximum: 30, multipleOf: 0.5, ...rights },
      { kind: 'slider', min: 5, max: 30, step: 0.5 },
    ],
    [
      'a field where a slider would have too many positions',
      { type: 'integer', minimum: 0, maximum: 100_000, ...rights },
      { kind: 'number', integer: true, min: 0, max: 100_000 },
    ],
    ['a field without limits', { type: 'number', ...rights }, { kind: 'number', integer: false }],
    [
      'a choice of the allowed values',
      { type: 'integer', enum: [0, 2, 5], ...rights },
      { kind: 'select', options: [0, 2, 5] },
    ],
    [
      'a choice of the allowed texts',
      { type: 'string', enum: ['off', 'on'], ...rights },
      { kind: 'select', options: ['off', 'on'] },
    ],
    ['text', { type: 'string', maxLength: 16, ...rights }, { kind: 'text', maxBytes: 16 }],
    ['bytes', { type: 'string', contentEncoding: 'base64', ...rights }, { kind: 'bytes' }],
    [
      'only a value where it cannot be written',
      { type: 'boolean', ...rights, readOnly: true },
      { kind: 'value' },
    ],
  ])('is %s', (_name, property, control) => {
    expect(controlOf(property)).toEqual(control);
  });
});

describe('the tile of a unit', () => {
  it('is a lamp if its semantics are of light', () => {
    expect(planTile(LAMP_THING)).toEqual({
      kind: 'lamp',
      power: 'on',
      color: 'color',
      brightness: 'brightness',
    });
  });

  it('is a lamp without colour where the unit has none', () => {
    const { on, brightness } = LAMP_THING.properties;
    const properties = { ...(on && { on }), ...(brightness && { brightness }) };
    expect(planTile({ ...LAMP_THING, properties })).toEqual({
      kind: 'lamp',
      power: 'on',
      brightness: 'brightness',
    });
  });

  it('shows what a sensor senses, not the facts about its board', () => {
    expect(planTile(LIGHT_SENSOR_THING)).toEqual({
      kind: 'sensor',
      property: 'illuminance',
      others: [],
    });
    expect(planTile(THERMOMETER_THING)).toEqual({
      kind: 'sensor',
      property: 'temperature',
      others: ['humidity'],
    });
  });

  it('shows the first controls of a unit without semantics', () => {
    expect(planTile(WORKBENCH_THING)).toEqual({
      kind: 'controls',
      properties: ['relay', 'mode', 'target'],
    });
  });

  it('treats a unit with read-only values as a sensor, semantics or not', () => {
    const { illuminance } = LIGHT_SENSOR_THING.properties;
    const level = { ...illuminance, 'sb:semantic': undefined };
    const described: ThingDescription = {
      ...LIGHT_SENSOR_THING,
      properties: { level: { ...rights, ...level, type: 'number', readOnly: true } },
    };
    expect(planTile(described)).toMatchObject({ kind: 'sensor', property: 'level' });
  });

  it('says when there is nothing to show, or nothing known', () => {
    expect(planTile({ ...LAMP_THING, properties: {} })).toEqual({ kind: 'bare' });
    expect(planTile(null)).toEqual({ kind: 'undescribed' });
  });
});

it('knows that only numbers and switches have a history', () => {
  const withHistory = Object.entries(LAMP_THING.properties)
    .filter(([, property]) => hasHistory(property))
    .map(([name]) => name);
  expect(withHistory).toEqual(['on', 'brightness', 'rssi', 'uptime', 'freeHeap']);
});
