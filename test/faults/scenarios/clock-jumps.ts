import { setTimeout as sleep } from 'node:timers/promises';
import { FakeClock, fakeClockObstacle } from '../fake-clock.ts';
import { startLoad } from '../load/start-load.ts';
import { startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { HubRecords } from '../verify/hub-records.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

/** What a measured offset, and a slow machine, may be wrong by. */
const TOLERANCE_MS = 5_000;

export const clockJumps: Scenario = {
  name: 'clock-jumps',
  description: 'the clocks of base and units jump by a day, forth and back, under load',
  obstacle: fakeClockObstacle,
  play: async ({ random, cleanup, isLong, scale, say }) => {
    const clocks = { base: new FakeClock(cleanup), units: new FakeClock(cleanup) };
    const fixture = await startFixture({
      name: 'clock-jumps',
      lamps: 2,
      sensors: 1,
      baseEnv: clocks.base.env,
      unitEnv: clocks.units.env,
      cleanup,
    });
    const fromMs = Date.now();
    const load = startLoad(fixture, { random, perSecond: 20 });
    const jumps = isLong ? scaled(16, scale) : 3;
    for (let jump = 0; jump < jumps; jump += 1) {
      await sleep(random.int(500, isLong ? 4_000 : 1_500));
      const clock = random.pick([clocks.base, clocks.base, clocks.units]);
      const days = random.pick([-1, 0, 1].filter((one) => one !== clock.days));
      clock.jumpTo(days);
      say(`the clock of the ${clock === clocks.base ? 'base' : 'units'} is ${days} days off`);
      // A restart with a wrong clock, before the hub's time is known.
      if (random.next() < 0.25) {
        await fixture.base.program.kill();
        await fixture.base.program.start();
      }
    }
    await load.stop();
    const { commands, readings } = await verifyFixture(fixture, load.ledger);
    const hub = new HubRecords(fixture.hub.database);
    cleanup.add(() => hub.close());
    const wrong = hub.readingsOutside(fromMs - 60_000, Date.now() + TOLERANCE_MS);
    return {
      commands: commands.counts,
      readings: readings.counts,
      notes: [`${jumps} jumps`, commands.ends],
      violations: [
        ...commands.violations,
        ...readings.violations,
        ...(wrong > 0 ? [`${wrong} readings have a time that is far from the true one`] : []),
      ],
    };
  },
};
