import { pino } from 'pino';
import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { Sweeper } from './sweeper.ts';

it('sweeps again when the clock was set, for what is due then', async () => {
  const clock = new ManualClock();
  const sweeper = new Sweeper({ clock, log: pino({ level: 'silent' }) });
  const dueAtMs = clock.nowMs() + 86_400_000;
  const sweptAt: number[] = [];
  sweeper.start(async () => {
    sweptAt.push(clock.nowMs());
    return await Promise.resolve(clock.nowMs() < dueAtMs ? dueAtMs : undefined);
  });
  clock.advance(0);
  await until('a timer', () => (clock.pendingTimers > 0 ? true : undefined));
  clock.set(dueAtMs + 1);
  clock.advance(0);
  expect(sweptAt).toHaveLength(1);
  sweeper.recheck();
  clock.advance(0);
  expect(sweptAt[1]).toBe(dueAtMs + 1);
});

it('sweeps again for what falls due while a sweep is under way', async () => {
  const clock = new ManualClock();
  const sweeper = new Sweeper({ clock, log: pino({ level: 'silent' }) });
  const ends: ((nextMs: number | undefined) => void)[] = [];
  let sweeps = 0;
  sweeper.start(() => {
    sweeps += 1;
    return new Promise((resolve) => ends.push(resolve));
  });
  clock.advance(0);
  expect(sweeps).toBe(1);
  sweeper.expect(clock.nowMs() + 5);
  clock.advance(10);
  expect(sweeps).toBe(1);
  ends[0]?.(undefined);
  await until('a timer', () => (clock.pendingTimers > 0 ? true : undefined));
  clock.advance(0);
  expect(sweeps).toBe(2);
  ends[1]?.(undefined);
  sweeper.expect(clock.nowMs() + 20);
  clock.advance(20);
  await until('the third sweep', () => {
    clock.advance(0);
    return sweeps === 3 ? true : undefined;
  });
  sweeper.close();
  expect(clock.pendingTimers).toBe(0);
});
