import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../load/start-load.ts';
import { UNIT_MOMENTS } from '../proxy/unit-tap.ts';
import { lampsOf, startRig } from '../rig.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { strikeUnit } from '../strike-unit.ts';
import { verifyRig } from '../verify/verify-rig.ts';

export const unitReboots: Scenario = {
  name: 'unit-reboots',
  description:
    'units lose their power between the write of a command and its result, again and again',
  play: async ({ random, cleanup, isLong, scale }) => {
    const rig = await startRig({ name: 'unit-reboots', lamps: 2, sensors: 0, cleanup });
    const load = startLoad(rig, { random, perSecond: 20 });
    const reboots = isLong ? scaled(40, scale) : 4;
    for (let reboot = 0; reboot < reboots; reboot += 1) {
      await strikeUnit(random.pick(lampsOf(rig)), random.pick(UNIT_MOMENTS), random);
      await sleep(random.int(0, 500));
    }
    await load.stop();
    const { commands } = await verifyRig(rig, load.ledger);
    return {
      commands: commands.counts,
      notes: [`${reboots} reboots`, commands.ends],
      violations: commands.violations,
    };
  },
};
