import { randomInt } from 'node:crypto';
import { describe, it } from 'vitest';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { play } from './play.ts';
import { reportLines } from './report.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

/** Set SIGNALBOX_SEED to have the chances of an earlier run. */
const seed = Number(process.env.SIGNALBOX_SEED ?? randomInt(1, 2 ** 31));

const short = SCENARIOS.filter(({ isLongOnly }) => isLongOnly !== true);
const itWithstands = (scenario: Scenario): void => {
  const { name, description } = scenario;
  const obstacle = scenario.obstacle?.();
  const title = `${name}: ${description}${obstacle === undefined ? '' : ` (${obstacle})`}`;
  it.skipIf(obstacle !== undefined)(title, async ({ expect }) => {
    const played = await play(scenario, { seed, isLong: false, say: () => undefined });
    const lines = reportLines({ scenario, played });
    process.stdout.write(`${lines.join('\n')}\n`);
    expect(played.kind === 'played' ? played.result.violations : [], `seed ${seed}`).toEqual([]);
  });
};

// Side by side, since they wait more than they compute; only their long forms compare times.
describe.skipIf(!firmwareIsBuilt()).concurrent(`faults (seed ${seed}; npm run build)`, () => {
  for (const scenario of short) itWithstands(scenario);
});
