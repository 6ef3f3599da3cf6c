import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../load/start-load.ts';
import { CompetingBase } from '../competing-base.ts';
import { lampsOf, startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

export const competingBases: Scenario = {
  name: 'competing-bases',
  description: 'another base takes the units over, again and again, while commands are under way',
  play: async ({ random, cleanup, isLong, scale }) => {
    const fixture = await startFixture({ name: 'competing-bases', lamps: 2, sensors: 0, cleanup });
    const load = startLoad(fixture, { random, perSecond: 20 });
    // Straight at the units: the other base is not on our side of the network.
    const competitors = lampsOf(fixture).map(({ process }) => new CompetingBase(process.port));
    const rounds = isLong ? scaled(80, scale) : 8;
    for (let round = 0; round < rounds; round += 1) {
      await random.pick(competitors).replace(random.int(10, 400));
      await sleep(random.int(50, 700));
    }
    await load.stop();
    const { commands } = await verifyFixture(fixture, load.ledger);
    const takeovers = competitors.reduce((sum, competitor) => sum + competitor.takeovers, 0);
    return {
      commands: commands.counts,
      notes: [`${takeovers} times taken over`, commands.ends],
      violations: commands.violations,
    };
  },
};
