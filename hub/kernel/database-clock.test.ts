import { pino } from 'pino';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { DatabaseClock } from './database-clock.ts';

const Line = z.object({ msg: z.string(), differenceMs: z.number() });

/** A clock, and a database whose clock is ahead of it. */
function arrange() {
  const machine = new ManualClock();
  const lines: z.infer<typeof Line>[] = [];
  const write = (line: string): void => void lines.push(Line.parse(JSON.parse(line)));
  const log = pino({ level: 'warn' }, { write });
  const clock = new DatabaseClock({ machine, log });
  /** One answer of the database after a round trip, half of it each way. */
  const compare = (aheadMs: number, roundTripMs = 2): void => {
    const requestedMs = clock.monotonicMs();
    machine.advance(roundTripMs / 2);
    const databaseMs = machine.nowMs() + aheadMs;
    machine.advance(roundTripMs / 2);
    clock.compare({ databaseMs, requestedMs });
  };
  return { machine, clock, lines, compare, correctionMs: () => clock.nowMs() - machine.nowMs() };
}

it('follows the clock of the database where the two differ, and only then', () => {
  const { compare, correctionMs } = arrange();
  compare(40);
  expect(correctionMs()).toBe(0);
  compare(5_000);
  expect(correctionMs()).toBe(5_000);
  compare(5_040);
  expect(correctionMs()).toBe(5_000);
  compare(-3_600_000);
  expect(correctionMs()).toBe(-3_600_000);
  compare(40);
  expect(correctionMs()).toBe(0);
});

it('does not mistake a slow answer for a difference', () => {
  const { compare, correctionMs, clock, machine } = arrange();
  const requestedMs = clock.monotonicMs();
  const databaseMs = machine.nowMs();
  machine.advance(4_000);
  clock.compare({ databaseMs, requestedMs });
  expect(correctionMs()).toBe(0);
  compare(10_000, 4_000);
  expect(correctionMs()).toBe(10_000);
});

it('says once that the machine is more than 2 s off, how much, and that it is over', () => {
  const { compare, lines, clock } = arrange();
  expect(clock.differenceMs).toBeUndefined();
  for (const aheadMs of [1_900, 2_500, 2_600, -2_600]) compare(aheadMs);
  expect(lines.map(({ msg, differenceMs }) => [msg, differenceMs])).toEqual([
    ['clock of this machine differs from that of the database', 2_500],
  ]);
  expect(clock.differenceMs).toBe(-2_600);
  compare(0);
  compare(3_000);
  expect(lines).toHaveLength(2);
});
