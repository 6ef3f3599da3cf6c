import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { closePaced, paceOf, RETURNS_PER_SECOND } from './paced-closes.ts';

const NEVER = new AbortController().signal;

/** How many are back within each second after the start. */
function returnsPerSecond(count: number, spreadMs: number): number[] {
  const perSecond: number[] = [];
  for (const { closeAtMs, retryAfterMs } of paceOf(count, { spreadMs, awayMs: 0 })) {
    const second = Math.floor((closeAtMs + retryAfterMs) / 1_000);
    perSecond[second] = (perSecond[second] ?? 0) + 1;
  }
  return perSecond;
}

it.each([0, 1, 49, 50, 51, 1_000, 10_000])(
  'lets at most so many of %s come back per second, however long it may take',
  (count) => {
    for (const spreadMs of [0, 1_000, 25_000, 3_600_000]) {
      const perSecond = returnsPerSecond(count, spreadMs);
      expect(Math.max(0, ...perSecond)).toBeLessThanOrEqual(RETURNS_PER_SECOND);
      const paces = paceOf(count, { spreadMs, awayMs: 0 });
      expect(Math.max(0, ...paces.map(({ closeAtMs }) => closeAtMs))).toBeLessThanOrEqual(spreadMs);
    }
  },
);

it('asks nobody to wait where there is time to close them one by one', () => {
  const paces = paceOf(500, { spreadMs: 25_000, awayMs: 0 });
  expect(paces.every(({ retryAfterMs }) => retryAfterMs === 0)).toBe(true);
  expect(paces.at(-1)?.closeAtMs).toBe(9_980);
});

it('asks everybody to wait for a hub that has to start again first', () => {
  const paces = paceOf(100, { spreadMs: 0, awayMs: 1_000 });
  expect(paces.every(({ closeAtMs }) => closeAtMs === 0)).toBe(true);
  expect([paces[0]?.retryAfterMs, paces[99]?.retryAfterMs]).toEqual([1_000, 2_980]);
});

it('closes one after the other, and the rest at once on request', async () => {
  const clock = new ManualClock();
  const stopNow = new AbortController();
  const waits: number[] = [];
  const closers = Array.from({ length: 100 }, () => (afterMs: number) => void waits.push(afterMs));
  let isDone = false;
  const closing = closePaced(closers, {
    ...{ clock, spreadMs: 10_000, awayMs: 0 },
    stopNow: stopNow.signal,
  }).then(() => (isDone = true));
  expect(waits).toHaveLength(1);
  for (let tick = 0; tick < 50; tick += 1) {
    clock.advance(20);
    await Promise.resolve();
    await Promise.resolve();
  }
  expect(waits.length).toBeGreaterThan(45);
  expect(waits.length).toBeLessThanOrEqual(51);
  expect(isDone).toBe(false);
  const before = waits.length;
  stopNow.abort();
  await closing;
  expect(waits).toHaveLength(100);
  // Who is closed early is asked to wait as long as it would have stayed.
  expect(waits.slice(before).every((afterMs) => afterMs > 0)).toBe(true);
  expect(waits.at(-1)).toBe(980);
});

it('has nothing to do without connections', async () => {
  await closePaced([], { clock: new ManualClock(), stopNow: NEVER, spreadMs: 1_000, awayMs: 0 });
});
