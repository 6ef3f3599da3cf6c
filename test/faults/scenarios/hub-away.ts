import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#platform/testing/until.ts';
import { startLoad } from '../load/start-load.ts';
import { resumedAfter } from '../resume-watch.ts';
import { type Rig, sensorsOf, sentCount, startRig } from '../rig.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { BaseRecords } from '../verify/base-records.ts';
import { HubRecords } from '../verify/hub-records.ts';
import { verifyRig } from '../verify/verify-rig.ts';

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
  rig: Rig,
  drainMs: number,
): Promise<{ readonly ages: readonly number[]; readonly tookMs: number }> {
  const hub = new HubRecords(rig.hub.database);
  const base = new BaseRecords(rig.base.database);
  const startedAtMs = performance.now();
  const ages: number[] = [];
  try {
    while (base.outbox() > LIVE_EVENTS && performance.now() - startedAtMs < drainMs) {
      ages.push(Date.now() - hub.newestReadingMs());
      await sleep(100);
    }
    return { ages, tookMs: performance.now() - startedAtMs };
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
    const rig = await startRig({
      name: 'hub-away',
      lamps: 1,
      sensors,
      sensorPeriodMs: periodMs,
      cleanup,
    });
    const load = startLoad(rig, { random, perSecond: 5 });
    const before = sentCount(rig);
    await rig.hub.program.kill();
    const awayAtMs = performance.now();
    const waiting = (): number => sentCount(rig) - before;
    // A machine that cannot measure so many in that time has a shorter backlog, and says so.
    await until(
      'the backlog is there',
      () => waiting() >= backlog || performance.now() - awayAtMs >= wanted.awayMs,
      wanted.awayMs + 30_000,
    );
    // Many made the backlog; some go on as the live data beside it.
    const surplus = sensorsOf(rig).slice(LIVE_SENSORS);
    await Promise.all(surplus.map(({ process }) => process.stop()));
    const waited = waiting();
    const awayMs = performance.now() - awayAtMs;
    say(`${waited} readings wait after ${(awayMs / 1_000).toFixed(0)} s; now the hub is back`);
    const logByte = rig.base.program.log.bytes;
    await rig.hub.program.start();
    const resumed = resumedAfter(rig, { logByte, mendedAtMs: Date.now() });
    const { ages, tookMs } = await watchDraining(rig, drainMs);
    const resumeMs = [await resumed];
    await load.stop();
    const { commands, readings } = await verifyRig(rig, load.ledger);
    const live = ages.filter((ageMs) => ageMs <= LIVE_MS).length;
    const isStuck = isLong && ages.length > 10 && live === 0;
    return {
      commands: commands.counts,
      readings: readings.counts,
      resumeMs,
      notes: [
        `the hub was away for ${(awayMs / 1_000).toFixed(0)} s; ${waited} readings drained in ${(tookMs / 1_000).toFixed(1)} s beside live ones`,
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
