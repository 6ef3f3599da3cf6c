import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#platform/testing/until.ts';
import { startLoad } from '../load/start-load.ts';
import { resumedAfter } from '../resume-watch.ts';
import { type FaultFixture, sensorsOf, sentCount, startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { BaseRecords } from '../verify/base-records.ts';
import { HubRecords } from '../verify/hub-records.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

const LONG = { backlog: 500_000, sensors: 40, periodMs: 10, drainMs: 240_000, awayMs: 240_000 };
const SHORT = { backlog: 1_000, sensors: 2, periodMs: 10, drainMs: 60_000, awayMs: 60_000 };
/** Live readings are not older than this while the backlog drains. */
const LIVE_MS = 5_000;
/** At 100 readings/s each. */
const LIVE_SENSORS = 10;
/** What the sensors keep adding is a handful of events; a backlog is more. */
const LIVE_EVENTS = 20;

/** Looks on while the backlog drains: how old the newest stored reading is each time. */
async function watchDraining(
  fixture: FaultFixture,
  drainMs: number,
): Promise<{ readonly ages: readonly number[]; readonly durationMs: number }> {
  const hub = new HubRecords(fixture.hub.database);
  const base = new BaseRecords(fixture.base.database);
  const startedAtMs = performance.now();
  const ages: number[] = [];
  try {
    while (base.outbox() > LIVE_EVENTS && performance.now() - startedAtMs < drainMs) {
      ages.push(Date.now() - hub.newestReadingMs());
      await sleep(100);
    }
    return { ages, durationMs: performance.now() - startedAtMs };
  } finally {
    hub.close();
    base.close();
  }
}

export const hubAway: Scenario = {
  name: 'hub-away',
  description:
    'the hub is away until a long backlog waits at the base; it drains while live data flows',
  longLimitMs: 700_000,
  play: async ({ random, cleanup, isLong, scale, say }) => {
    const { sensors, periodMs, drainMs, ...wanted } = isLong ? LONG : SHORT;
    const backlog = isLong ? scaled(wanted.backlog, scale) : wanted.backlog;
    const fixture = await startFixture({
      name: 'hub-away',
      lamps: 1,
      sensors,
      sensorPeriodMs: periodMs,
      cleanup,
    });
    const load = startLoad(fixture, { random, perSecond: 5 });
    const before = sentCount(fixture);
    await fixture.hub.program.kill();
    const awayAtMs = performance.now();
    const waiting = (): number => sentCount(fixture) - before;
    // A machine that cannot measure that many in this time has a shorter backlog, and reports it.
    await until(
      'the backlog is there',
      () => waiting() >= backlog || performance.now() - awayAtMs >= wanted.awayMs,
      wanted.awayMs + 30_000,
    );
    // Many produced the backlog; some continue as the live data beside it.
    const surplus = sensorsOf(fixture).slice(LIVE_SENSORS);
    await Promise.all(surplus.map(({ process }) => process.stop()));
    const waited = waiting();
    const awayMs = performance.now() - awayAtMs;
    say(`${waited} readings wait after ${(awayMs / 1_000).toFixed(0)} s; now the hub is back`);
    const logByte = fixture.base.program.log.bytes;
    await fixture.hub.program.start();
    const resumed = resumedAfter(fixture, { logByte, mendedAtMs: Date.now() });
    const { ages, durationMs } = await watchDraining(fixture, drainMs);
    const resumeMs = [await resumed];
    await load.stop();
    const { commands, readings } = await verifyFixture(fixture, load.ledger);
    const live = ages.filter((ageMs) => ageMs <= LIVE_MS).length;
    const isStuck = isLong && ages.length > 10 && live === 0;
    return {
      commands: commands.counts,
      readings: readings.counts,
      resumeMs,
      notes: [
        `the hub was away for ${(awayMs / 1_000).toFixed(0)} s; ${waited} readings drained in ${(durationMs / 1_000).toFixed(1)} s beside live ones`,
        `while they drained, the newest stored reading was at most ${LIVE_MS / 1_000} s old in ${live} of ${ages.length} looks`,
        commands.ends,
      ],
      violations: [
        ...commands.violations,
        ...readings.violations,
        ...(isStuck ? ['no live reading came while the backlog drained'] : []),
      ],
    };
  },
};
