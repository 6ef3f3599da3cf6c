import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { play } from './play.ts';
import { reportLines } from './report.ts';
import { SCENARIOS } from './scenarios.ts';

/** Set SIGNALBOX_SEED to have the chances of an earlier run. */
const seed = Number(process.env.SIGNALBOX_SEED ?? randomInt(1, 2 ** 31));

describe.skipIf(!firmwareIsBuilt())(`faults (seed ${seed}; npm run build)`, () => {
  for (const scenario of SCENARIOS.filter(({ isLongOnly }) => isLongOnly !== true)) {
    const { name, description } = scenario;
    const obstacle = scenario.obstacle?.();
    const title = `${name}: ${description}${obstacle === undefined ? '' : ` (${obstacle})`}`;
    it.skipIf(obstacle !== undefined)(title, async () => {
      const played = await play(scenario, { seed, isLong: false, say: () => undefined });
      const lines = reportLines({ scenario, played });
      process.stdout.write(`${lines.join('\n')}\n`);
      expect(played.kind === 'played' ? played.result.violations : [], `seed ${seed}`).toEqual([]);
    });
  }
});
