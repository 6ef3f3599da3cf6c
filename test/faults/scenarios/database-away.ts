import { setTimeout as sleep } from 'node:timers/promises';
import { withTwoAndThreeHubs } from '../cluster/cluster-scenarios.ts';
import { playCluster } from '../cluster/play-cluster.ts';
import type { Cluster } from '../cluster/start-cluster.ts';

/** Longer than the lease of a hub. */
const AWAY_MS = 8_000;
const BETWEEN_MS = 6_000;
const SLOW_MS = 20_000;

async function slowDown({ hubs }: Cluster, delayMs: number): Promise<void> {
  const weather = { delayMs, passing: 'yes' } as const;
  const lines = hubs.flatMap(({ line }) => [line.store, line.bus]);
  for (const proxy of lines) proxy.weather = { up: weather, down: weather };
  await sleep(SLOW_MS);
  for (const proxy of lines) proxy.up();
}

export const databaseAway = withTwoAndThreeHubs({
  name: 'database-away',
  description: 'all lose their database: restarted, crashed, away past their lease, and slow',
  isLongOnly: true,
  play: (context, of) =>
    playCluster(context, {
      ...of,
      harm: async (cluster) => {
        const { server } = cluster.database;
        for (const mode of ['fast', 'immediate'] as const) {
          await sleep(BETWEEN_MS);
          await server.stop(mode);
          await server.start();
        }
        await sleep(BETWEEN_MS);
        context.say('the database is away');
        await server.stop('immediate');
        await sleep(AWAY_MS);
        await server.start();
        await sleep(BETWEEN_MS);
        context.say('the database is slow');
        await slowDown(cluster, 20);
        await slowDown(cluster, 250);
        await sleep(BETWEEN_MS);
        return {
          notes: [
            `PostgreSQL was restarted, crashed, away for ${AWAY_MS / 1_000} s, and for ${SLOW_MS / 1_000} s each 40 and 500 ms slower a round trip`,
          ],
        };
      },
    }),
});
