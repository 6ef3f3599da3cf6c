import { expect, it } from 'vitest';
import { tilesOnScreen } from './tiles-on-screen.ts';

it('draws at first no more tiles than a phone shows, and at most a dozen', () => {
  expect(tilesOnScreen({ innerWidth: 360, innerHeight: 740 })).toBe(5);
  expect(tilesOnScreen({ innerWidth: 1280, innerHeight: 900 })).toBe(12);
  expect(tilesOnScreen({ innerWidth: 3840, innerHeight: 2160 })).toBe(12);
  expect(tilesOnScreen({ innerWidth: 0, innerHeight: 0 })).toBe(1);
});
