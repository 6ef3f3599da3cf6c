import { expect, it } from 'vitest';
import { hexToHsv, hsvToHex } from './hsv.ts';

it.each([
  ['#000000', { hue: 0, saturation: 0, value: 0 }],
  ['#ffffff', { hue: 0, saturation: 0, value: 1 }],
  ['#ff0000', { hue: 0, saturation: 1, value: 1 }],
  ['#00ff00', { hue: 120, saturation: 1, value: 1 }],
  ['#0000ff', { hue: 240, saturation: 1, value: 1 }],
  ['#ff00ff', { hue: 300, saturation: 1, value: 1 }],
])('reads %s', (hex, hsv) => {
  expect(hexToHsv(hex)).toEqual(hsv);
});

it('gives each colour back as it was', () => {
  const steps = [0, 1, 51, 127, 128, 200, 254, 255];
  const two = (part: number) => part.toString(16).padStart(2, '0');
  for (const red of steps) {
    for (const green of steps) {
      for (const blue of steps) {
        const hex = `#${two(red)}${two(green)}${two(blue)}`;
        expect(hsvToHex(hexToHsv(hex))).toBe(hex);
      }
    }
  }
});

it('treats a hue of 360 as 0', () => {
  expect(hsvToHex({ hue: 360, saturation: 1, value: 1 })).toBe('#ff0000');
});
