import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../load/start-load.ts';
import { Rival } from '../rival.ts';
import { lampsOf, startRig } from '../rig.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { verifyRig } from '../verify/verify-rig.ts';

export const twoParties: Scenario = {
  name: 'two-parties',
  description: 'another base takes the units over, again and again, while commands are under way',
  play: async ({ random, cleanup, isLong, scale }) => {
    const rig = await startRig({ name: 'two-parties', lamps: 2, sensors: 0, cleanup });
    const load = startLoad(rig, { random, perSecond: 20 });
    // Straight at the units: the other base is not on our side of the network.
    const rivals = lampsOf(rig).map(({ process }) => new Rival(process.port));
    const rounds = isLong ? scaled(80, scale) : 8;
    for (let round = 0; round < rounds; round += 1) {
      await random.pick(rivals).takeOver(random.int(10, 400));
      await sleep(random.int(50, 700));
    }
    await load.stop();
    const { commands } = await verifyRig(rig, load.ledger);
    const takeovers = rivals.reduce((sum, rival) => sum + rival.takeovers, 0);
    return {
      commands: commands.counts,
      notes: [`${takeovers} times taken over`, commands.ends],
      violations: commands.violations,
    };
  },
};
