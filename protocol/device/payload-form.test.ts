import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScalarSchema } from '../thing/data-schema.ts';
import { PayloadForm, readPayload, writePayload } from './payload-form.ts';

const TEMPERATURE: ScalarSchema = { type: 'number', unit: '°C' };
const text = PayloadForm.parse({ kind: 'text' });
const at = (pointer: string): PayloadForm => PayloadForm.parse({ kind: 'json', pointer });

describe('reading a payload', () => {
  it.each<[payload: string, form: PayloadForm, schema: ScalarSchema, value: unknown]>([
    ['21.4', text, TEMPERATURE, 21.4],
    [' 21.4\n', text, TEMPERATURE, 21.4],
    ['-4e2', text, TEMPERATURE, -400],
    ['+.5', text, TEMPERATURE, 0.5],
    ['{"t": 21.4}', at('/t'), TEMPERATURE, 21.4],
    ['{"t": "21.4"}', at('/t'), TEMPERATURE, 21.4],
    ['21.4', at(''), TEMPERATURE, 21.4],
    ['21.6', text, { type: 'integer' }, 22],
    ['ON', text, { type: 'boolean' }, true],
    ['off', text, { type: 'boolean' }, false],
    ['{"on": 1}', at('/on'), { type: 'boolean' }, true],
    ['{"color": "#F80"}', at('/color'), { type: 'string', format: 'color' }, '#F80'],
    ['{"at": {"lat": 1}}', at('/at'), { type: 'string' }, '{"lat":1}'],
  ])('finds in %j what it says', (payload, form, schema, value) => {
    expect(readPayload(form, schema, payload)).toEqual({ ok: true, value });
  });

  it.each<[payload: string, form: PayloadForm, schema: ScalarSchema, reason: string]>([
    ['', text, TEMPERATURE, 'is empty'],
    ['21,4', text, TEMPERATURE, '21,4 is no number'],
    ['0x10', text, TEMPERATURE, '0x10 is no number'],
    ['Infinity', text, TEMPERATURE, 'Infinity is no number'],
    ['1e999', text, TEMPERATURE, '1e999 must be a number'],
    ['{"t": null}', at('/t'), TEMPERATURE, 'null is no number'],
    ['{"t": 1}', at('/u'), TEMPERATURE, 'has nothing at /u'],
    ['{"t": ', at('/t'), TEMPERATURE, 'is not JSON'],
    ['['.repeat(40), at('/t'), TEMPERATURE, 'is not JSON'],
    ['maybe', text, { type: 'boolean' }, 'maybe is no boolean'],
    ['101', text, { type: 'integer', maximum: 100 }, '101 must be at most 100'],
  ])('says of %j why it is none', (payload, form, schema, reason) => {
    expect(readPayload(form, schema, payload)).toMatchObject({ ok: false, reason });
  });

  it.each(['{}', '{"mode": null}'])('knows that %s is about something else', (payload) => {
    const form = { kind: 'json', pointer: '/mode' } as const;
    expect(readPayload(form, { type: 'string' }, payload)).toMatchObject({ isAbsent: true });
  });

  it('reads the words of the device as what they mean', () => {
    const form = PayloadForm.parse({ kind: 'text', words: { offen: true, zu: false } });
    expect(readPayload(form, { type: 'boolean' }, 'zu')).toEqual({ ok: true, value: false });
    expect(readPayload(form, { type: 'boolean' }, 'constructor')).toMatchObject({ ok: false });
    expect(writePayload(form, true)).toBe('offen');
  });

  it('converts numbers by a factor, both ways', () => {
    const form = PayloadForm.parse({ kind: 'json', pointer: '/mV', factor: 0.001 });
    expect(readPayload(form, { type: 'number' }, '{"mV": 3300}')).toEqual({ ok: true, value: 3.3 });
    expect(writePayload(form, 3.3)).toBe('{"mV":3300}');
  });
});

describe('writing a payload', () => {
  it('puts the value among what the device wants besides', () => {
    const form = PayloadForm.parse({
      kind: 'json',
      pointer: '/state/on',
      rest: { state: { transition: 1 }, id: 7 },
    });
    expect(JSON.parse(writePayload(form, true))).toEqual({
      state: { transition: 1, on: true },
      id: 7,
    });
  });

  it('writes what it reads again as the same value', () => {
    const forms = fc.constantFrom(text, at('/value'), at(''), at('/deep/er'));
    const values = fc.oneof(
      fc.boolean().map((value) => ({ value, schema: { type: 'boolean' } as const })),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        // There is no -0 in what checks for equality of desired and reported values.
        .map((value) => ({ value: value + 0, schema: { type: 'number' } as const })),
      fc.integer().map((value) => ({ value, schema: { type: 'integer' } as const })),
      fc
        .string({ maxLength: 20 })
        .map((value) => ({ value: `a${value}z`, schema: { type: 'string' } as const })),
    );
    fc.assert(
      fc.property(forms, values, (form, { value, schema }) => {
        expect(readPayload(form, schema, writePayload(form, value))).toEqual({ ok: true, value });
      }),
    );
  });
});
