import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { WallTimers } from './wall-timers.ts';

const MINUTE_MS = 60_000;

function fixture() {
  const clock = new ManualClock();
  const timers = new WallTimers(clock);
  const ran: number[] = [];
  const cancel = timers.at(clock.nowMs() + MINUTE_MS, () => ran.push(clock.nowMs()));
  return { clock, timers, ran, cancel, dueMs: clock.nowMs() + MINUTE_MS };
}

it('calls at its time, once', () => {
  const { clock, ran, dueMs } = fixture();
  clock.advance(MINUTE_MS - 1);
  expect(ran).toEqual([]);
  clock.advance(2 * MINUTE_MS);
  expect(ran).toEqual([dueMs]);
  expect(clock.pendingTimers).toBe(0);
});

it('calls soon after a step of the clock over its time', () => {
  const { clock, timers, ran, dueMs } = fixture();
  clock.set(dueMs + 3_600_000);
  timers.recheck();
  clock.advance(0);
  expect(ran).toEqual([dueMs + 3_600_000]);
});

it('waits for its time when the clock was set back', () => {
  const { clock, ran, dueMs } = fixture();
  clock.set(dueMs - 2 * MINUTE_MS);
  clock.advance(2 * MINUTE_MS - 1);
  expect(ran).toEqual([]);
  clock.advance(1);
  expect(ran).toEqual([dueMs]);
});

it('calls nothing that was cancelled or is never due', () => {
  const { clock, timers, ran, cancel } = fixture();
  timers.at(Infinity, () => ran.push(0));
  cancel();
  timers.recheck();
  expect(clock.pendingTimers).toBe(0);
  clock.advance(10 * MINUTE_MS);
  expect(ran).toEqual([]);
});
