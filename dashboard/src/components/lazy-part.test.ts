import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { loadWithRetries } from './lazy-part.ts';

it('fetches a part again until the hub is back', async () => {
  const clock = new ManualClock();
  let tries = 0;
  const loaded = loadWithRetries(() => {
    tries += 1;
    return tries < 4 ? Promise.reject(new TypeError('no network')) : Promise.resolve('part');
  }, clock);
  for (const count of [1, 2, 3]) {
    await until('it waits', () => tries === count && clock.pendingTimers === 1);
    clock.advance(30_000);
  }
  await expect(loaded).resolves.toBe('part');
  expect(clock.pendingTimers).toBe(0);
});
