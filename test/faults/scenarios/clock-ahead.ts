import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#platform/testing/until.ts';
import { FakeClock, fakeClockObstacle } from '../fake-clock.ts';
import { startLoad } from '../load/start-load.ts';
import { type FaultFixture, startFixture } from '../fault-fixture.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, scaled } from '../scenario.ts';
import { HubRecords } from '../verify/hub-records.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

const TWO_HOURS = 2 / 24;
const HOUR_MS = 3_600_000;
/** The last readings are stored well within this of the end of a scenario. */
const RECENT_MS = 150_000;

/** The last measurement must be shown, with a time of the right clock. */
export function wrongNewest(fixture: FaultFixture): string[] {
  const hub = new HubRecords(fixture.hub.database);
  try {
    const shown = hub.shownValues('illuminance');
    const wrong = shown.flatMap(({ unitId, shownSeq, lastSeq, measuredAtMs }) => {
      const offMs = Math.abs(Date.now() - measuredAtMs);
      return [
        ...(shownSeq === lastSeq
          ? []
          : [`${unitId} shows its reading ${shownSeq}, and sent ${lastSeq}`]),
        ...(offMs < RECENT_MS ? [] : [`${unitId} shows a time that is ${offMs} ms off`]),
      ];
    });
    return shown.length > 0 ? wrong : ['no unit shows a value'];
  } finally {
    hub.close();
  }
}

/** Until readings with times of a clock are stored that is far from the true one, or with true ones again. */
export async function readingsFrom(
  fixture: FaultFixture,
  isThere: (offMs: number) => boolean,
): Promise<void> {
  const hub = new HubRecords(fixture.hub.database);
  try {
    await until(
      'readings have times of that clock',
      () => hub.shownValues('illuminance').some((one) => isThere(one.measuredAtMs - Date.now())),
      30_000,
    );
  } finally {
    hub.close();
  }
}

async function play({
  random,
  cleanup,
  isLong,
  scale,
  say,
}: ScenarioContext): Promise<ScenarioResult> {
  const clocks = { hub: new FakeClock(cleanup), base: new FakeClock(cleanup) };
  const fixture = await startFixture({
    name: 'clock-ahead',
    lamps: 1,
    sensors: 1,
    hubEnv: clocks.hub.env,
    baseEnv: clocks.base.env,
    cleanup,
  });
  const load = startLoad(fixture, { random, perSecond: 20 });
  const rounds = isLong ? scaled(10, scale) : 1;
  for (let round = 0; round < rounds; round += 1) {
    clocks.hub.jumpTo(TWO_HOURS);
    say('the clock of the hub is two hours ahead');
    await readingsFrom(fixture, (offMs) => offMs > HOUR_MS);
    clocks.hub.jumpTo(0);
    say('the clock of the hub is right');
    await readingsFrom(fixture, (offMs) => Math.abs(offMs) < 60_000);
    clocks.base.jumpTo(TWO_HOURS);
    await sleep(random.int(200, 600));
    // With a wrong clock before it knows the hub's, and put right while it runs.
    await fixture.base.program.kill();
    await fixture.base.program.start();
    await sleep(random.int(200, 600));
    clocks.base.jumpTo(0);
  }
  await load.stop();
  const { commands, readings } = await verifyFixture(fixture, load.ledger);
  return {
    commands: commands.counts,
    readings: readings.counts,
    notes: [`${rounds} times two hours ahead`, commands.ends],
    violations: [...commands.violations, ...readings.violations, ...wrongNewest(fixture)],
  };
}

export const clockAhead: Scenario = {
  name: 'clock-ahead',
  description: 'the clock of the hub, then of the base, is two hours ahead for a while, under load',
  obstacle: fakeClockObstacle,
  play,
};
