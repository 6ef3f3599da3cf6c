import { describe, expect, it } from 'vitest';
import type { DataSchema } from '#protocol/thing/data-schema.ts';
import { typedInput } from './typed-input.ts';

const LEVEL = { type: 'integer', minimum: 0, maximum: 100 } as const;
const COLOR = { type: 'string', format: 'color' } as const;
const ONE: DataSchema = { type: 'object', properties: { pin: LEVEL }, required: ['pin'] };
const TWO: DataSchema = {
  type: 'object',
  properties: { pin: LEVEL, on: { type: 'boolean' } },
  required: ['pin', 'on'],
};

describe('a typed value', () => {
  it.each<[DataSchema, string, unknown]>([
    [{ type: 'boolean' }, 'on', true],
    [{ type: 'boolean' }, 'OFF', false],
    [{ type: 'boolean' }, 'true', true],
    [LEVEL, '42', 42],
    [{ type: 'number' }, '-1.5e1', -15],
    [COLOR, 'orange', 'orange'],
    [COLOR, '#f80', '#f80'],
    [{ type: 'string' }, '42', '42'],
    [ONE, '5', { pin: 5 }],
    [ONE, '{"pin":5}', { pin: 5 }],
    [TWO, '{"pin":5,"on":true}', { pin: 5, on: true }],
  ])('is read by the schema: %j of %s is %j', (schema, typed, value) => {
    expect(typedInput(schema, typed)).toEqual(value);
  });

  it.each<[DataSchema, string]>([
    [{ type: 'boolean' }, '1'],
    [LEVEL, ''],
    [LEVEL, '0x10'],
    [LEVEL, '101'],
    [LEVEL, '1.5'],
    [COLOR, 'ff8800'],
    [TWO, '5'],
    [TWO, '{"pin":5'],
    [TWO, '{"pin":5,"on":true,"extra":1}'],
  ])('is refused before anything is sent: %j of %s', (schema, typed) => {
    expect(() => typedInput(schema, typed)).toThrow(
      expect.objectContaining({ code: 'input_invalid' }),
    );
  });
});
