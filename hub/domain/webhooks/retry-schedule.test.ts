import { expect, it } from 'vitest';
import { RetrySchedule } from './retry-schedule.ts';

const DAY = 86_400_000;

function waits(schedule: RetrySchedule): (number | undefined)[] {
  return Array.from({ length: 10 }, (_, index) => schedule.waitMs(index + 1));
}

it('makes ten attempts within 75 hours and 35 minutes, and no further', () => {
  const found = waits(new RetrySchedule({ random: () => 0.5 }));
  const seconds = found.map((ms) => (ms === undefined ? undefined : ms / 1_000));
  expect(seconds).toEqual([
    5,
    300,
    1_800,
    ...[2, 5, 10, 14, 20, 24].map((hours) => hours * 3_600),
    undefined,
  ]);
  const total = seconds.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  expect(total).toBe(75 * 3_600 + 35 * 60 + 5);
});

it('spreads each wait by a fifth, both ways', () => {
  expect(new RetrySchedule({ random: () => 0 }).waitMs(1)).toBe(4_000);
  expect(new RetrySchedule({ random: () => 0.999_999 }).waitMs(1)).toBe(6_000);
});

it('waits longer where the endpoint requests it, never less, and no more than a day', () => {
  const schedule = new RetrySchedule({ random: () => 0.5 });
  expect(schedule.waitMs(1, 60_000)).toBe(60_000);
  expect(schedule.waitMs(2, 60_000)).toBe(300_000);
  expect(schedule.waitMs(1, 30 * DAY)).toBe(DAY);
  expect(schedule.waitMs(10, 60_000)).toBeUndefined();
});

it('is over for an endpoint after five days of nothing but failures', () => {
  const schedule = new RetrySchedule();
  const since = { sinceMs: 1_000, failures: 9 };
  expect(schedule.isOver(since, 1_000 + 5 * DAY - 1)).toBe(false);
  expect(schedule.isOver(since, 1_000 + 5 * DAY)).toBe(true);
  // One failure long ago and one now are no five days of failure.
  expect(schedule.isOver({ sinceMs: 1_000, failures: 1 }, 1_000 + 6 * DAY)).toBe(false);
  expect(schedule.isOver({ sinceMs: null, failures: 20 }, 6 * DAY)).toBe(false);
});
