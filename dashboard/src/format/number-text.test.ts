import { describe, expect, it } from 'vitest';
import { bytesText, decimalsOf, numberText, valueText } from './number-text.ts';

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
    expect(valueText({ type: 'number', unit: 'Cel' }, 21.5, 'en')).toEqual({
      text: '21.5',
      unit: '°C',
    });
    expect(valueText({ type: 'number', unit: 'lx' }, 7, 'en')).toEqual({ text: '7', unit: 'lx' });
  });

  it('is a word where it is a switch, and a dash where it is not known', () => {
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
