import { setTimeout as sleep } from 'node:timers/promises';
import { baseOnline } from '../fault-fixture.ts';
import type { Scenario } from '../scenario.ts';
import type { SiteNetwork } from './site-network.ts';
import { command, type SiteFixture, startSite } from './site-fixture.ts';

/** Short cuts end before anybody has to notice them. */
const SHORT_CUT_MS = 5_000;
/** A reading goes unanswered within 1 s, shows it after 3 s, and the dial that settles it has 3.5 s. */
const NOTICED_MS = 10_000;
const MAX_CUT_MS = 40_000;
/** Within 5 s of its link (docs/channels.md section 1), and a command that waits for that. */
const BACK_MS = 8_000;

export function cutLine(network: SiteNetwork): Scenario {
  return {
    name: 'cut-line',
    description: 'the line is cut without a word: the base notices, and is back within seconds',
    play: async ({ cleanup, isLong }) => {
      const kinds = ['lamp', 'light_sensor'] as const;
      const fixture = await startSite({ network, name: 'cut-line', kinds, cleanup });
      const violations: string[] = [];
      const notes: string[] = [];
      const mended = async (after: string): Promise<void> => {
        const { backMs, state } = await mend(fixture);
        notes.push(`${backMs.toFixed(0)} ms from the mending to a result, after ${after}`);
        if (state !== 'succeeded') violations.push(`a command after ${after} ended as ${state}`);
        if (backMs > BACK_MS) violations.push(`back ${backMs.toFixed(0)} ms after ${after}`);
      };
      network.cut();
      await sleep(SHORT_CUT_MS);
      await mended(`${SHORT_CUT_MS / 1_000} s`);
      for (let round = 0; round < (isLong ? 3 : 1); round += 1) {
        // Until readings go again, and not at the same moment of the hub's pings.
        await sleep(5_000 + round * 3_000);
        const fromByte = fixture.base.log.bytes;
        const cutAtMs = performance.now();
        network.cut();
        await fixture.base.log.line('"msg":"hub link lost"', { fromByte, timeoutMs: MAX_CUT_MS });
        const noticedMs = performance.now() - cutAtMs;
        notes.push(`the cut was noticed after ${noticedMs.toFixed(0)} ms`);
        if (noticedMs > NOTICED_MS) violations.push(`noticed after ${noticedMs.toFixed(0)} ms`);
        await mended('it was noticed');
      }
      return { notes, violations };
    },
  };
}

async function mend(
  fixture: SiteFixture,
): Promise<{ readonly backMs: number; readonly state: string }> {
  const [lamp] = fixture.units;
  if (!lamp) throw new Error('a site has a unit');
  fixture.network.mend();
  const mendedAtMs = performance.now();
  await baseOnline(fixture.api, fixture.baseId);
  const { state } = await command(fixture, lamp);
  return { backMs: performance.now() - mendedAtMs, state };
}
