import { describe, expect, it } from 'vitest';
import {
  bytesText,
  decimalsOf,
  decimalsSent,
  numberText,
  unitSign,
  valueText,
} from './number-text.ts';

describe('a number on screen', () => {
  it('has as many decimals as the step of its description', () => {
    expect(numberText(21, 0.1, 'en')).toBe('21.0');
    expect(numberText(21.26, 0.5, 'en')).toBe('21.3');
    expect(numberText(80.4, 1, 'en')).toBe('80');
  });

  it('has the decimals the unit sent, without the noise of a 32-bit float', () => {
    expect(numberText(21.299999237060547, undefined, 'en')).toBe('21.3');
    expect(numberText(0.5, undefined, 'en')).toBe('0.5');
    expect(numberText(412, undefined, 'en')).toBe('412');
  });

  it('keeps large whole numbers whole', () => {
    expect(numberText(1_234_567_890, undefined, 'en')).toBe('1,234,567,890');
  });

  it('knows the decimals of a step', () => {
    expect([1, 10, 0.5, 0.25, 0.001].map(decimalsOf)).toEqual([0, 0, 1, 2, 3]);
  });
});

describe('a value on screen', () => {
  it('comes with the sign of its unit', () => {
    expect(valueText({ type: 'number', unit: 'Cel' }, 21.5, { locale: 'en' })).toEqual({
      text: '21.5',
      unit: '°C',
    });
    expect(valueText({ type: 'number', unit: 'lx' }, 7, { locale: 'en' })).toEqual({
      text: '7',
      unit: 'lx',
    });
  });

  it('marks invisible and direction-changing characters in a text', () => {
    expect(valueText({ type: 'string' }, 'ok\u202e\u0007\u200b').text).toBe('ok\ufffd\ufffd\ufffd');
  });

  it('is a word where it is a switch, and a dash where it is not known', () => {
    const celsius = { type: 'number', unit: 'Cel' } as const;
    expect(valueText(celsius, 23, { locale: 'en', decimals: 1 }).text).toBe('23.0');
    expect(
      valueText({ ...celsius, multipleOf: 0.01 }, 23, { locale: 'en', decimals: 1 }).text,
    ).toBe('23.00');
    expect(valueText({ type: 'boolean' }, true).text).toBe('on');
    expect(valueText({ type: 'boolean' }, undefined).text).toBe('–');
    expect(valueText({ type: 'string' }, '').text).toBe('(empty)');
  });
});

it('scales memory', () => {
  expect(bytesText(512, 'en')).toEqual({ text: '512', unit: 'B' });
  expect(bytesText(38_240, 'en')).toEqual({ text: '38.2', unit: 'kB' });
  expect(bytesText(4_194_304, 'en')).toEqual({ text: '4.2', unit: 'MB' });
});

it.each([
  [23, 0],
  [22.5, 1],
  [21.299999237060547, 1],
  [0.1 + 0.2, 1],
  [1.23456789, 4],
  [1e-9, 0],
  [-4.25, 2],
])('sees how many decimals %d was sent with: %d', (value, decimals) => {
  expect(decimalsSent(value)).toBe(decimals);
});

it('mistakes no property of every object for a unit', () => {
  expect(unitSign('constructor')).toBe('constructor');
});
