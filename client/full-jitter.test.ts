import { expect, it } from 'vitest';
import { fullJitter } from './full-jitter.ts';

it('doubles the window from half a second to thirty', () => {
  expect([0, 1, 2, 5, 6, 60].map((attempts) => fullJitter(attempts, () => 1))).toEqual([
    500, 1_000, 2_000, 16_000, 30_000, 30_000,
  ]);
});

it('may try again at once', () => {
  expect(fullJitter(6, () => 0)).toBe(0);
});
