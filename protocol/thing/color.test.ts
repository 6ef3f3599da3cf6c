import { describe, expect, it } from 'vitest';
import { parseColor } from './color.ts';

describe('a colour', () => {
  it.each([
    ['#ff8800', '#ff8800'],
    ['#FF88aA', '#ff88aa'],
    ['#f80', '#ff8800'],
    ['#F00', '#ff0000'],
    ['red', '#ff0000'],
    ['DarkSlateGrey', '#2f4f4f'],
    ['darkslategray', '#2f4f4f'],
    ['lightgoldenrodyellow', '#fafad2'],
  ])('written as %j is %s', (text, color) => {
    expect(parseColor(text)).toBe(color);
  });

  it.each([
    '',
    '#',
    'ff8800',
    '#ff880',
    '#ff88000',
    '#ggg',
    ' #ff8800',
    '#ff8800\r',
    'no colour',
    'rebeccapurple',
    'constructor',
    '__proto__',
  ])('is not %j', (text) => {
    expect(parseColor(text)).toBeUndefined();
  });
});
