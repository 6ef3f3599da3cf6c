import { describe, expect, it } from 'vitest';
import { canonicalValue, checkValue } from './check-value.ts';
import type { Json } from '../json.ts';
import type { DataSchema } from './data-schema.ts';

const pin: DataSchema = { type: 'integer', enum: [4, 5] };
const cases: [string, DataSchema, unknown, string | undefined][] = [
  ['a boolean', { type: 'boolean' }, false, undefined],
  ['1 for a boolean', { type: 'boolean' }, 1, 'must be true or false'],
  ['a whole number', { type: 'integer' }, -5, undefined],
  ['a fraction for a whole number', { type: 'integer' }, 1.5, 'must be a whole number'],
  ['a number beyond 2^53', { type: 'integer' }, 2 ** 53, 'must be a whole number'],
  ['a string for a whole number', { type: 'integer' }, '5', 'must be a whole number'],
  ['the minimum', { type: 'number', minimum: 0 }, 0, undefined],
  ['below the minimum', { type: 'number', minimum: 0 }, -0.1, 'must be at least 0'],
  ['above the maximum', { type: 'integer', maximum: 100 }, 101, 'must be at most 100'],
  ['NaN', { type: 'number' }, Number.NaN, 'must be a number'],
  ['a chosen text', { type: 'string', enum: ['off', 'on'] }, 'on', undefined],
  ['another text', { type: 'string', enum: ['off', 'on'] }, 'ON', 'must be one of off, on'],
  ['an allowed pin', pin, 4, undefined],
  ['a pin not allowed', pin, 6, 'must be one of 4, 5'],
  ['a colour', { type: 'string', format: 'color' }, '#Ff8800', undefined],
  ['a colour name', { type: 'string', format: 'color' }, 'red', undefined],
  [
    'no colour',
    { type: 'string', format: 'color' },
    'reddish',
    'must be a colour like #ff8800, #f80 or orange',
  ],
  ['text of the greatest length in bytes', { type: 'string', maxLength: 4 }, 'éé', undefined],
  [
    'text that is too long in bytes',
    { type: 'string', maxLength: 3 },
    'éé',
    'must be at most 3 bytes',
  ],
  ['base64', { type: 'string', contentEncoding: 'base64', maxLength: 2 }, 'AP8=', undefined],
  [
    'base64 too long',
    { type: 'string', contentEncoding: 'base64', maxLength: 1 },
    'AP8=',
    'must be at most 1 bytes',
  ],
  ['broken base64', { type: 'string', contentEncoding: 'base64' }, 'AP8', 'must be base64'],
];

describe('checkValue', () => {
  it.each(cases)('checks %s', (_name, schema, value, reason) => {
    expect(checkValue(schema, value)?.reason).toBe(reason);
  });

  const object: DataSchema = {
    type: 'object',
    properties: { pin, level: { type: 'integer', minimum: 0, maximum: 1 } },
    required: ['pin', 'level'],
  };
  it('names the field that does not fit', () => {
    expect(checkValue(object, { pin: 4, level: 1 })).toBeUndefined();
    expect(checkValue(object, { pin: 4 })).toEqual({ path: 'level', reason: 'is missing' });
    expect(checkValue(object, { pin: 4, level: 1, extra: 0 })).toEqual({
      path: 'extra',
      reason: 'is not known',
    });
    expect(checkValue(object, [4, 1])?.reason).toBe('must be an object');
    expect(checkValue(object, null)?.reason).toBe('must be an object');
  });
});

describe('canonicalValue', () => {
  const color: DataSchema = { type: 'string', format: 'color' };
  const object: DataSchema = { type: 'object', properties: { color }, required: ['color'] };
  const spellings: [DataSchema, Json, Json][] = [
    [color, 'Red', '#ff0000'],
    [color, '#F80', '#ff8800'],
    [{ type: 'string' }, 'Red', 'Red'],
    [{ type: 'integer' }, 7, 7],
    [object, { color: 'navy', constructor: 'navy' }, { color: '#000080', constructor: 'navy' }],
  ];
  it.each(spellings)('spells %j, %j, as %j', (schema, value, canonical) => {
    expect(canonicalValue(schema, value)).toEqual(canonical);
  });
});
