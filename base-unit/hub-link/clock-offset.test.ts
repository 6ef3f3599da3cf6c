import { expect, it } from 'vitest';
import { TimeReply } from '#protocol/hub-link/socket-events.ts';
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

it('keeps the time of the hub when somebody sets the clock of the base', async () => {
  const clock = manualClock();
  const offset = new ClockOffset(clock);
  await offset.measure(() => Promise.resolve(clock.nowMs() + 5_000));
  const hubMs = clock.nowMs() + 5_000;
  clock.set(clock.nowMs() + 86_400_000);
  clock.advance(60_000);
  expect(offset.hubNowMs()).toBe(hubMs + 60_000);
  expect(offset.offsetMs).toBe(5_000 - 86_400_000);
});

it.each([1e300, -1e300, Number.MAX_SAFE_INTEGER, 8.64e15, Number.NaN])(
  'does not believe a hub that says it is %f',
  async (hubTimeMs) => {
    const clock = manualClock();
    const offset = new ClockOffset(clock);
    await offset.measure(() => Promise.resolve(hubTimeMs));
    offset.learnFrom(hubTimeMs);
    expect(offset.hubNowMs()).toBe(clock.nowMs());
    expect(offset.offsetMs).toBeUndefined();
    expect(TimeReply.safeParse({ ok: true, hubTimeMs }).success).toBe(false);
  },
);

it('learns from the date of an answer, to the second', () => {
  const clock = manualClock();
  const offset = new ClockOffset(clock);
  const hubMs = clock.nowMs() + 86_400_000;
  offset.learnFrom(Math.floor(hubMs / 1_000) * 1_000);
  expect(Math.abs(offset.hubNowMs() - hubMs)).toBeLessThanOrEqual(500);
  expect(offset.quality()).toBe('free-running');
});

it('treats a difference within the round trip as none', async () => {
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

it('does not vouch for a clock that was never set, until it has heard of the hub', async () => {
  const clock = manualClock();
  clock.set(0);
  const offset = new ClockOffset(clock);
  expect(offset.quality()).toBe('none');
  await offset.measure(() => Promise.resolve(1_800_000_000_000));
  expect(offset.quality()).toBe('synced');
});
