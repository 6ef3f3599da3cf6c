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

it('runs what fell due while it was suspended once, at the end', () => {
  const clock = new ManualClock(0);
  const ran: [name: string, atMs: number][] = [];
  const everySecond = (): void => {
    ran.push(['second', clock.nowMs()]);
    clock.after(1_000, everySecond);
  };
  clock.after(1_000, everySecond);
  const cancel = clock.after(700, () => ran.push(['cancelled', clock.nowMs()]));
  clock.after(500, () => {
    ran.push(['first', clock.nowMs()]);
    cancel();
  });
  clock.suspend(86_400_000);
  expect(ran).toEqual([
    ['first', 86_400_000],
    ['second', 86_400_000],
  ]);
  clock.advance(1_000);
  expect(ran.at(-1)).toEqual(['second', 86_401_000]);
});
