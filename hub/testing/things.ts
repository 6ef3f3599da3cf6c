import type { UnitDescribed } from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import { TD_CONTEXT, type ThingDescription } from '#protocol/thing/thing-description.ts';

/** A unit with one affordance of every kind that the hub distinguishes. */
export const LAMP: ThingDescription = {
  '@context': TD_CONTEXT,
  title: 'lamp',
  properties: {
    color: {
      type: 'string',
      format: 'color',
      'sb:pid': 1,
      readOnly: false,
      writeOnly: false,
      observable: true,
      idempotent: true,
    },
    brightness: {
      type: 'integer',
      minimum: 0,
      maximum: 100,
      'sb:pid': 2,
      readOnly: false,
      writeOnly: false,
      observable: true,
      idempotent: true,
    },
    temperature: {
      type: 'number',
      'sb:pid': 3,
      readOnly: true,
      writeOnly: false,
      observable: true,
      idempotent: true,
    },
    key: {
      type: 'string',
      'sb:pid': 4,
      readOnly: false,
      writeOnly: true,
      observable: false,
      idempotent: false,
    },
    on: {
      type: 'boolean',
      'sb:pid': 7,
      readOnly: false,
      writeOnly: false,
      observable: true,
      idempotent: true,
    },
  },
  actions: {
    reset: { 'sb:pid': 5, idempotent: false },
    macSet: { 'sb:semantic': 'board.macSet', 'sb:pid': 9, idempotent: false },
    factoryReset: { 'sb:semantic': 'board.factoryReset', 'sb:pid': 8, idempotent: false },
    blink: {
      'sb:pid': 6,
      idempotent: true,
      input: {
        type: 'object',
        properties: { times: { type: 'integer', minimum: 1, maximum: 10 } },
        required: ['times'],
      },
    },
  },
  events: {},
  'sb:schemaHash': '0123456789abcdef',
  'sb:session': 'held',
};

export function describedLamp(unitId: UnitId, change: Partial<UnitDescribed> = {}): UnitDescribed {
  return {
    unitId,
    hardwareId: 'aabbccddeeff',
    model: 'lamp',
    firmwareVersion: '1.0.0',
    sessionPolicy: 'held',
    bootId: '00000001',
    resetReason: 'power_on',
    startedAtMs: Date.now(),
    description: LAMP,
    ...change,
  };
}
