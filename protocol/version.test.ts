import { expect, it } from 'vitest';
import { commonVersion } from './version.ts';

it.each([
  [{ min: 1, max: 3 }, { min: 2, max: 5 }, 3],
  [{ min: 1, max: 1 }, { min: 1, max: 1 }, 1],
  [{ min: 1, max: 1 }, { min: 2, max: 2 }, undefined],
])('%j and %j have %j in common', (a, b, common) => {
  expect(commonVersion(a, b)).toBe(common);
  expect(commonVersion(b, a)).toBe(common);
});
