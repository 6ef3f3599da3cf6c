import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#platform/testing/until.ts';
import { startLoad } from '../load/start-load.ts';
import { resumedAfter } from '../resume-watch.ts';
import { type FaultFixture, startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

const ROUNDS = 2;
/** A hub that is silent is found after 25 s, a unit after 30 s (docs/channels.md, docs/unit-link.md). */
const FOUND_MS = 90_000;

/** The hub's side is gone, and the base has to find that out; milliseconds until it has resumed. */
async function forgetBase(fixture: FaultFixture): Promise<number> {
  const logByte = fixture.base.program.log.bytes;
  const mendedAtMs = Date.now();
  fixture.link.halfOpen();
  return resumedAfter(fixture, { logByte, mendedAtMs });
}

/** The same with every unit; the first ones notice it too, when they get a command. */
async function forgetUnits(fixture: FaultFixture): Promise<void> {
  await Promise.all(
    fixture.units.map(async ({ proxy }) => {
      const { accepted } = proxy;
      proxy.halfOpen();
      await until('the base connects anew', () => proxy.accepted > accepted, FOUND_MS);
    }),
  );
}

export const halfOpen: Scenario = {
  name: 'half-open',
  description: 'hub and units forget their connections without a word, under load',
  isLongOnly: true,
  play: async ({ random, cleanup, scale }) => {
    const fixture = await startFixture({ name: 'half-open', lamps: 2, sensors: 1, cleanup });
    const load = startLoad(fixture, { random, perSecond: 10 });
    const found: number[] = [];
    for (let round = 0; round < scaled(ROUNDS, scale); round += 1) {
      await sleep(random.int(500, 2_000));
      const [foundMs] = await Promise.all([forgetBase(fixture), forgetUnits(fixture)]);
      found.push(foundMs);
    }
    await load.stop();
    const { commands, readings } = await verifyFixture(fixture, load.ledger);
    const seconds = found.map((ms) => (ms / 1_000).toFixed(1)).join(', ');
    return {
      commands: commands.counts,
      readings: readings.counts,
      notes: [
        `the base found out that its hub had forgotten it, and was back, after ${seconds} s`,
        commands.ends,
      ],
      violations: [...commands.violations, ...readings.violations],
    };
  },
};
