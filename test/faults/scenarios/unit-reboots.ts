import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../load/start-load.ts';
import { UNIT_MOMENTS } from '../proxy/unit-tap.ts';
import { lampsOf, startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { injectFault } from '../inject-fault.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

export const unitReboots: Scenario = {
  name: 'unit-reboots',
  description:
    'units lose their power between the write of a command and its result, again and again',
  play: async ({ random, cleanup, isLong, scale }) => {
    const fixture = await startFixture({ name: 'unit-reboots', lamps: 2, sensors: 0, cleanup });
    const load = startLoad(fixture, { random, perSecond: 20 });
    const reboots = isLong ? scaled(40, scale) : 4;
    for (let reboot = 0; reboot < reboots; reboot += 1) {
      await injectFault(random.pick(lampsOf(fixture)), random.pick(UNIT_MOMENTS), random);
      await sleep(random.int(0, 500));
    }
    await load.stop();
    const { commands } = await verifyFixture(fixture, load.ledger);
    return {
      commands: commands.counts,
      notes: [`${reboots} reboots`, commands.ends],
      violations: commands.violations,
    };
  },
};
