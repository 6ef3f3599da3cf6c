import { expect, it } from 'vitest';
import { HubRetry } from './hub-retry.ts';

const waitsOf = (retry: HubRetry, failure: Parameters<HubRetry['after']>[0], times = 8) =>
  Array.from({ length: times }, () => retry.after(failure));

it('tries a hub that is away every few seconds', () => {
  const waits = waitsOf(new HubRetry(() => 0.999), { code: 'hub_unreachable' });
  expect(waits.slice(0, 4)).toEqual([499, 999, 1_998, 3_996]);
  expect(Math.max(...waits)).toBe(3_996);
});

it.each([
  { code: 'overloaded' },
  { code: 'rate_limited' },
  { code: 'idle_unjoined' },
  { code: 'hub_unreachable', isLate: true },
] as const)('gives more and more time to a hub that does not keep up: %o', (failure) => {
  const waits = waitsOf(new HubRetry(() => 0.999), failure);
  expect(waits).toEqual([1_998, 3_996, 7_992, 15_984, 31_968, 59_940, 59_940, 59_940]);
});

it('starts over once the hub was reached', () => {
  const retry = new HubRetry(() => 0.999);
  waitsOf(retry, { code: 'overloaded' });
  waitsOf(retry, { code: 'hub_unreachable' });
  retry.reset();
  expect(retry.after({ code: 'overloaded' })).toBe(1_998);
  expect(retry.after({ code: 'hub_unreachable' })).toBe(499);
});
