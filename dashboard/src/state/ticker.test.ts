import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { Ticker } from './ticker.ts';

it('ticks once a second with one timer, and only with listeners', () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock);
  let beats = 0;
  const stops = [1, 2].map(() => ticker.subscribe(() => (beats += 1)));
  expect(clock.pendingTimers).toBe(1);
  clock.advance(3_000);
  expect(beats).toBe(6);
  for (const stop of stops) stop();
  expect(clock.pendingTimers).toBe(0);
});

it('has the right time after a long time without listeners', () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock);
  clock.advance(60_000);
  expect(ticker.get()).toBe(clock.nowMs());
});
