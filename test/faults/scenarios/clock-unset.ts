import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '#platform/testing/until.ts';
import { FakeClock, fakeClockObstacle } from '../fake-clock.ts';
import { startLoad } from '../load/start-load.ts';
import { startFixture } from '../fault-fixture.ts';
import type { Scenario } from '../scenario.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';
import { readingsFrom, wrongNewest } from './clock-ahead.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** The clock is looked at every five seconds. */
const NOTICED_MS = 10_000;

export const clockUnset: Scenario = {
  name: 'clock-unset',
  description: 'hub and base start in 1970, as without a battery, and are set while they run',
  obstacle: fakeClockObstacle,
  play: async ({ random, cleanup, say }) => {
    const clock = new FakeClock(cleanup);
    const fixture = await startFixture({
      name: 'clock-unset',
      lamps: 1,
      sensors: 1,
      hubEnv: clock.env,
      baseEnv: clock.env,
      cleanup,
    });
    for (const { program } of [fixture.base, fixture.hub]) await program.stop();
    clock.jumpTo(-Math.floor(Date.now() / DAY_MS));
    for (const { program } of [fixture.hub, fixture.base]) await program.start();
    await readingsFrom(fixture, (offMs) => offMs < -50 * YEAR_MS);
    say('base and hub are connected in 1970');
    const setAtMs = performance.now();
    clock.jumpTo(0);
    const certificate = () =>
      new X509Certificate(readFileSync(join(fixture.hub.data, 'tls/server.pem')));
    await until(
      'the certificate of the hub is good today',
      () => Date.parse(certificate().validTo) > Date.now(),
      NOTICED_MS,
    );
    const noticedMs = Math.round(performance.now() - setAtMs);
    await readingsFrom(fixture, (offMs) => Math.abs(offMs) < 60_000);
    const load = startLoad(fixture, { random, perSecond: 20 });
    await until('commands are answered', () => load.ledger.count('accepted') >= 20, 30_000);
    await load.stop();
    // On a slow machine the unit's ring may be too short for the time without a base. What it could
    // not keep is then declared, by the clock that is not set.
    const { commands, readings } = await verifyFixture(fixture, load.ledger, {
      clockSetMs: 10 * YEAR_MS,
    });
    return {
      commands: commands.counts,
      readings: readings.counts,
      notes: [`a new certificate ${noticedMs} ms after the clock was set`, commands.ends],
      violations: [...commands.violations, ...readings.violations, ...wrongNewest(fixture)],
    };
  },
};
