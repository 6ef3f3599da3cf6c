import { expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';

it('runs timers in the order in which they fall due, each at its own time', () => {
  const clock = new ManualClock(10_000);
  const ran: [name: string, atMs: number][] = [];
  const note = (name: string) => () => ran.push([name, clock.nowMs()]);
  clock.after(30, note('third'));
  clock.after(10, note('first'));
  clock.after(10, note('second'));
  const cancel = clock.after(20, note('cancelled'));
  cancel();
  cancel();
  clock.advance(30);
  expect(ran).toEqual([
    ['first', 10_010],
    ['second', 10_010],
    ['third', 10_030],
  ]);
  expect(clock.pendingTimers).toBe(0);
});

it('leaves timers and monotonic time alone when the wall clock is set', () => {
  const clock = new ManualClock();
  const startMs = clock.monotonicMs();
  let hasRun = false;
  clock.after(100, () => (hasRun = true));
  clock.set(0);
  clock.advance(99);
  expect([hasRun, clock.nowMs(), clock.monotonicMs() - startMs]).toEqual([false, 99, 99]);
  clock.advance(1);
  expect(hasRun).toBe(true);
});
