import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { describeThing, formatSchemaHash } from './describe-thing.ts';
import {
  type Affordance,
  AffordanceKind,
  AffordanceSchema,
  DataType,
  SessionPolicy,
} from './unit_link_pb.ts';

const unit = { model: 'rgb-lamp', schemaHash: 0x1fn, sessionPolicy: SessionPolicy.ON_DEMAND };

function property(name: string, pid: number): Affordance {
  return create(AffordanceSchema, {
    pid,
    kind: AffordanceKind.PROPERTY,
    name,
    title: 'Brightness',
    semantic: 'light.brightness',
    readable: true,
    writable: true,
    observable: true,
    idempotent: true,
    outputs: [{ type: DataType.INTEGER, minimum: 0, maximum: 100, step: 1, unit: '%' }],
  });
}

const gpioWrite = create(AffordanceSchema, {
  pid: 41,
  kind: AffordanceKind.ACTION,
  name: 'gpioWrite',
  idempotent: true,
  inputs: [
    { type: DataType.INTEGER, name: 'pin', allowed: [4, 5] },
    { type: DataType.INTEGER, name: 'level', minimum: 0, maximum: 1 },
  ],
});

describe('describeThing', () => {
  it.each(['__proto__', 'constructor ', 'Lux', 'lux\u202e', ''])(
    'describes nothing of a unit that names an affordance or a field %j',
    (name) => {
      expect(describeThing(unit, [property('lux', 1), property(name, 2)])).toBeUndefined();
      const [input] = gpioWrite.inputs;
      for (const kind of [AffordanceKind.ACTION, AffordanceKind.EVENT]) {
        const named = create(AffordanceSchema, { pid: 3, kind, name });
        expect(describeThing(unit, [named])).toBeUndefined();
      }
      const field = create(AffordanceSchema, {
        ...{ pid: 3, kind: AffordanceKind.ACTION, name: 'gpioWrite' },
        inputs: [{ type: DataType.INTEGER, name }, ...(input ? [input] : [])],
      });
      expect(describeThing(unit, [field])).toBeUndefined();
    },
  );

  it('makes a Thing Description of what a unit said', () => {
    const uart = create(AffordanceSchema, {
      pid: 45,
      kind: AffordanceKind.EVENT,
      name: 'uartData',
      outputs: [{ type: DataType.BYTES, maxBytes: 128 }],
    });
    expect(describeThing(unit, [property('brightness', 3), gpioWrite, uart])).toMatchObject({
      title: 'rgb-lamp',
      'sb:schemaHash': '000000000000001f',
      'sb:session': 'on-demand',
      properties: {
        brightness: {
          type: 'integer',
          minimum: 0,
          maximum: 100,
          multipleOf: 1,
          unit: '%',
          title: 'Brightness',
          'sb:semantic': 'light.brightness',
          'sb:pid': 3,
          readOnly: false,
          writeOnly: false,
        },
      },
      actions: {
        gpioWrite: {
          idempotent: true,
          input: {
            type: 'object',
            required: ['pin', 'level'],
            properties: { pin: { type: 'integer', enum: [4, 5] } },
          },
        },
      },
      events: { uartData: { data: { type: 'string', contentEncoding: 'base64', maxLength: 128 } } },
    });
  });

  it.each([
    ['two affordances with one name', [property('a', 1), property('a', 2)]],
    ['two affordances with one number', [property('a', 1), property('b', 1)]],
    [
      'a property without a value',
      [create(AffordanceSchema, { ...property('a', 1), outputs: [] })],
    ],
    ['an affordance of no kind', [create(AffordanceSchema, { pid: 1, name: 'a' })]],
    ['a number out of range', [property('a', 64)]],
    ['a name that readings and commands could not use', [property('Light_raw', 1)]],
  ])('refuses %s', (_name, affordances) => {
    expect(describeThing(unit, affordances)).toBeUndefined();
  });
});

it('spells a schema hash with 16 digits', () => {
  expect(formatSchemaHash(1n)).toBe('0000000000000001');
  expect(formatSchemaHash(2n ** 64n - 1n)).toBe('ffffffffffffffff');
});
