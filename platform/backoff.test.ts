import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

it('waits a random time in a window that doubles up to its maximum, and resets', () => {
  const backoff = new Backoff({ firstMs: 500, maxMs: 30_000, random: () => 0.999 });
  const waits = Array.from({ length: 9 }, () => backoff.next());
  expect(waits).toEqual([499, 999, 1_998, 3_996, 7_992, 15_984, 29_970, 29_970, 29_970]);
  backoff.reset();
  expect(backoff.next()).toBe(499);
});

it('grows once more after so many tries', () => {
  const later = { afterTries: 4, maxMs: 5_000 };
  const backoff = new Backoff({ firstMs: 500, maxMs: 1_000, later, random: () => 0.999 });
  const waits = () => Array.from({ length: 6 }, () => backoff.next());
  expect(waits()).toEqual([499, 999, 999, 999, 4_995, 4_995]);
  backoff.reset();
  expect(waits()).toEqual([499, 999, 999, 999, 4_995, 4_995]);
});

it('never waits longer than its maximum', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(random, fc.integer({ min: 1, max: 2_000 }), (value, tries) => {
      const backoff = new Backoff({ firstMs: 500, maxMs: 30_000, random: () => value });
      for (let count = 0; count < tries; count += 1) {
        const waitMs = backoff.next();
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(30_000);
      }
    }),
    { numRuns: 20 },
  );
});
