import { setTimeout as sleep } from 'node:timers/promises';
import { withTwoAndThreeHubs } from '../cluster/cluster-scenarios.ts';
import { playCluster } from '../cluster/play-cluster.ts';
import type { ClusterHub } from '../cluster/start-cluster.ts';
import type { FaultProxy } from '../proxy/fault-proxy.ts';
import { scaled } from '../scenario.ts';

/** Past the lease. */
const CUT_MS = 8_000;
const LONG = { rounds: 6, betweenMs: 6_000 };
const SHORT = { rounds: 2, betweenMs: 2_000 };
const PARTS = ['both', 'bus', 'store'] as const;

function linesOf({ line }: ClusterHub, part: (typeof PARTS)[number]): readonly FaultProxy[] {
  return part === 'both' ? [line.store, line.bus] : [line[part]];
}

/** Connections are reset; or nothing gets through, and what was under way arrives late. */
async function cut(proxies: readonly FaultProxy[], how: 'reset' | 'held'): Promise<void> {
  for (const proxy of proxies) {
    if (how === 'reset') proxy.down('rst');
    else proxy.weather = { up: HELD, down: HELD };
  }
  await sleep(CUT_MS);
  for (const proxy of proxies) proxy.up();
}
const HELD = { delayMs: 0, passing: 'held' } as const;

export const cutHub = withTwoAndThreeHubs({
  name: 'cut-hub',
  description: 'one after the other is cut from the database, from the bus, and from both',
  isLongOnly: true,
  play: (context, of) =>
    playCluster(context, {
      ...of,
      harm: async ({ hubs }) => {
        const { isLong, scale } = context;
        const { betweenMs, ...wanted } = isLong ? LONG : SHORT;
        const rounds = isLong ? scaled(wanted.rounds, scale) : wanted.rounds;
        for (let round = 0; round < rounds; round += 1) {
          await sleep(betweenMs);
          const hub = hubs[round % hubs.length];
          const part = PARTS[round % PARTS.length] ?? 'both';
          const how = (round + Math.floor(round / PARTS.length)) % 2 === 0 ? 'held' : 'reset';
          context.say(`hub ${(round % hubs.length) + 1} is cut (${how}): ${part}`);
          if (hub) await cut(linesOf(hub, part), how);
        }
        await sleep(betweenMs);
        return { notes: [`${rounds} times a hub was cut off for ${CUT_MS / 1_000} s`] };
      },
    }),
});
