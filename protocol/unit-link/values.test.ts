import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import type { ScalarSchema, ScalarValue } from '../thing/data-schema.ts';
import { ValueSchema } from './unit_link_pb.ts';
import { decodeValue, encodeValue } from './values.ts';

const pairs: [ScalarSchema, ScalarValue][] = [
  [{ type: 'boolean' }, false],
  [{ type: 'integer' }, -5],
  [{ type: 'integer' }, Number.MAX_SAFE_INTEGER],
  [{ type: 'number' }, 512.25],
  [{ type: 'string', maxLength: 64 }, 'Grüße'],
  [{ type: 'string', contentEncoding: 'base64', maxLength: 128 }, 'AP9Iaw=='],
  [{ type: 'string', format: 'color' }, '#00ff08'],
];

describe('values between JSON and the wire', () => {
  it.each(pairs)('carries %j there and back', (schema, json) => {
    const encoded = encodeValue(schema, json);
    expect(encoded.ok && decodeValue(schema, encoded.value)).toEqual(json);
  });

  it('says what is wrong with a desired value that does not fit', () => {
    expect(encodeValue({ type: 'integer', maximum: 100 }, 101)).toEqual({
      ok: false,
      misfit: { path: '', reason: 'must be at most 100' },
    });
  });

  it('does not believe a unit that sends another kind than it described', () => {
    const text = create(ValueSchema, { kind: { case: 'text', value: '5' } });
    expect(decodeValue({ type: 'integer' }, text)).toBeUndefined();
    expect(decodeValue({ type: 'integer' }, create(ValueSchema, {}))).toBeUndefined();
    expect(decodeValue({ type: 'integer' }, undefined)).toBeUndefined();
  });

  it('refuses numbers that JSON cannot carry exactly, and colours of more than 24 bits', () => {
    const big = create(ValueSchema, { kind: { case: 'integer', value: 2n ** 60n } });
    const nan = create(ValueSchema, { kind: { case: 'number', value: Number.NaN } });
    const color = create(ValueSchema, { kind: { case: 'color', value: 0x1000000 } });
    expect(decodeValue({ type: 'integer' }, big)).toBeUndefined();
    expect(decodeValue({ type: 'number' }, nan)).toBeUndefined();
    expect(decodeValue({ type: 'string', format: 'color' }, color)).toBeUndefined();
  });

  it('keeps a measurement that lies outside of what the maker expected', () => {
    const value = create(ValueSchema, { kind: { case: 'number', value: 120_000 } });
    expect(decodeValue({ type: 'number', maximum: 100_000 }, value)).toBe(120_000);
  });
});
