import { expect, it } from 'vitest';
import { manualClock } from '../../test/harness/virtual-units.ts';
import { ClockOffset } from './clock-offset.ts';

it('believes the answer with the shortest round trip', async () => {
  const clock = manualClock();
  const offset = new ClockOffset(clock);
  expect(offset.quality()).toBe('free-running');
  const roundTrips = [400, 20, 300];
  await offset.measure(() => {
    const tripMs = roundTrips.shift() ?? 0;
    // The way there takes it all: the worst that a round trip can hide.
    clock.advance(tripMs);
    return Promise.resolve(clock.nowMs() + 5_000);
  });
  expect(offset.offsetMs).toBe(5_010);
  expect(offset.hubNowMs()).toBe(clock.nowMs() + 5_010);
  expect(offset.quality()).toBe('synced');
  clock.advance(1_800_000);
  expect(offset.quality()).toBe('free-running');
});

it('takes a difference that the round trip can hide for none', async () => {
  const clock = manualClock();
  const offset = new ClockOffset(clock);
  await offset.measure(() => {
    clock.advance(20);
    const hubTimeMs = clock.nowMs();
    clock.advance(2);
    return Promise.resolve(hubTimeMs);
  });
  expect(offset.offsetMs).toBe(0);
});
