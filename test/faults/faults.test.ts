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

describe.skipIf(!firmwareIsBuilt())(`faults (seed ${seed}; npm run build)`, () => {
  describe.concurrent('side by side, since they wait more than they compute', () => {
    for (const scenario of short.filter(({ isAlone }) => isAlone !== true)) itWithstands(scenario);
  });
  describe('one by one, since they compare', () => {
    for (const scenario of short.filter(({ isAlone }) => isAlone === true)) itWithstands(scenario);
  });
});
