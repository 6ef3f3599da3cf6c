import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../test/harness/property-runs.ts';
import { MAX_DRIFT, UnitTime } from './unit-time.ts';

it('computes the age of a measurement from the uptime at hello', () => {
  const time = new UnitTime();
  time.connected('a');
  time.sample(5_000, 100_000, 100_020);
  expect(time.ageMs(5_000, 100_110)).toBeCloseTo(100, -1);
  expect(time.ageMs(6_000, 101_010)).toBeLessThan(10);
  expect(time.uncertaintyMs(100_020)).toBeCloseTo(10, -1);
});

it('dates nothing in the future, and learns from that', () => {
  const time = new UnitTime();
  time.connected('a');
  time.sample(5_000, 100_000, 100_020);
  expect(time.ageMs(9_000, 101_000)).toBe(0);
  expect(time.ageMs(9_000, 101_500)).toBeCloseTo(500, -1);
});

it('treats an absurd uptime as now', () => {
  const time = new UnitTime();
  expect(time.ageMs(2 ** 62, 1_000)).toBe(0);
});

it('is not spoilt by an answer that took long', () => {
  const time = new UnitTime();
  time.connected('a');
  time.sample(5_000, 100_000, 100_004);
  time.sample(15_000, 110_000, 118_000);
  expect(time.ageMs(20_000, 115_002)).toBeLessThan(10);
  expect(time.uncertaintyMs(118_000)).toBeLessThan(10);
});

it('knows the clock of another boot for another one', () => {
  const time = new UnitTime();
  time.connected('a');
  time.sample(5_000, 100_000, 100_004);
  time.connected('b');
  time.sample(1_000, 200_000, 200_004);
  expect(time.ageMs(1_000, 200_502)).toBeCloseTo(500, -1);
});

it('lays what was measured between two links between what it knew at both', () => {
  const drift = 100e-6;
  const uptimeAt = (ms: number) => Math.floor(ms * (1 + drift));
  const time = new UnitTime();
  time.connected('a');
  time.sample(uptimeAt(1_001), 1_000, 1_002);
  const hours = 3 * 3_600_000;
  time.connected('a');
  time.sample(uptimeAt(hours + 1), hours, hours + 2);
  const middle = hours / 2;
  expect(hours + 5 - time.ageMs(uptimeAt(middle), hours + 5)).toBeCloseTo(middle, -1);
  // At the rate of the base's own clock it would be half a second off.
  expect((hours - middle) * drift).toBeGreaterThan(500);
});

it('knows what came after the first answer of a link as well as any, however slow that was', () => {
  const time = new UnitTime();
  time.connected('a');
  time.sample(1_001, 1_000, 1_002);
  time.connected('a');
  time.sample(3_604_000, 3_599_000, 3_604_000);
  time.sample(3_604_050, 3_604_050, 3_604_051);
  expect(time.ageMs(3_604_100, 3_604_101)).toBeLessThan(5);
});

describe('with any drift within the tolerance and any delay', () => {
  const delay = fc.oneof(
    { weight: 4, arbitrary: fc.double({ min: 0, max: 20, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 5_000, noNaN: true }) },
  );
  const step = fc.record({
    kind: fc.constantFrom('pong', 'report', 'reconnect'),
    pauseMs: fc.double({ min: 1, max: 600_000, noNaN: true }),
    there: delay,
    back: delay,
  });
  it('the error stays within what the base knows of it, and does not grow with time', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -MAX_DRIFT, max: MAX_DRIFT, noNaN: true }),
        fc.double({ min: 0, max: 60 * 86_400_000, noNaN: true }),
        fc.array(step, { minLength: 1, maxLength: 80 }),
        (drift, upAtStartMs, steps) => {
          const uptimeAt = (ms: number) => Math.floor(upAtStartMs + ms * (1 + drift * 0.99));
          const time = new UnitTime();
          time.connected('a');
          let now = 1_000;
          let fastest = { tripMs: Infinity, atMs: now };
          const exchange = ({ there, back }: { there: number; back: number }) => {
            const sentAt = now;
            now += there + back;
            time.sample(uptimeAt(sentAt + there), sentAt, now);
            const tripMs = there + back;
            const aged = fastest.tripMs + 2 * MAX_DRIFT * (now - fastest.atMs);
            if (tripMs <= aged) fastest = { tripMs, atMs: now };
          };
          exchange({ there: 1, back: 1 });
          for (const one of steps) {
            now += one.pauseMs;
            if (one.kind === 'reconnect') time.connected('a');
            if (one.kind !== 'report') {
              exchange(one);
              continue;
            }
            const measuredAt = now;
            now += one.back;
            const age = time.ageMs(uptimeAt(measuredAt), now);
            const known = time.uncertaintyMs(now);
            // The unit reports whole milliseconds of what it measured, too.
            const bound = known + MAX_DRIFT * one.back + 1 + 1e-6;
            expect(age).toBeGreaterThanOrEqual(0);
            expect(Math.abs(now - age - measuredAt)).toBeLessThanOrEqual(bound);
            // Half the fastest round trip, the unit's millisecond, and the drift since.
            const promised = fastest.tripMs / 2 + 1 + MAX_DRIFT * (now - fastest.atMs);
            expect(known).toBeLessThanOrEqual(promised + 1e-6);
          }
        },
      ),
      propertyRuns(500),
    );
  });
});
