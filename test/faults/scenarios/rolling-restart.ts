import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#platform/testing/until.ts';
import { withTwoAndThreeHubs } from '../cluster/cluster-scenarios.ts';
import { playCluster } from '../cluster/play-cluster.ts';

/** Nobody waits longer. In the short run, beside others, it only must not be for long. */
const MAX_WAIT_MS = { long: 5_000, short: 15_000 };
/** The balancer has noticed that a hub is back. */
const NOTICED_MS = 2_500;
const SETTLED_MS = 3_000;

export const rollingRestart = withTwoAndThreeHubs({
  name: 'rolling-restart',
  description: 'all are restarted one after the other, and nobody waits longer than 5 s',
  isLongOnly: true,
  play: (context, of) =>
    playCluster(context, {
      ...of,
      harm: async ({ hubs }) => {
        await sleep(SETTLED_MS);
        const restartMs: number[] = [];
        for (const { hub } of context.isLong ? hubs : hubs.slice(0, 2)) {
          const startedAtMs = performance.now();
          context.say(`hub at ${hub.httpUrl} is restarted`);
          await hub.program.stop();
          await hub.program.start();
          await until('it is ready', async () => {
            const answer = await fetch(`${hub.httpUrl}/readyz`).catch(() => undefined);
            return answer?.ok === true ? true : undefined;
          });
          restartMs.push(performance.now() - startedAtMs);
          await sleep(NOTICED_MS);
        }
        await sleep(SETTLED_MS);
        const restarts = restartMs.map((ms) => `${(ms / 1_000).toFixed(1)} s`).join(', ');
        return { notes: [`the restarts lasted ${restarts}`] };
      },
      checkWaits: (longest) => {
        const maxMs = context.isLong ? MAX_WAIT_MS.long : MAX_WAIT_MS.short;
        return Array.from(longest)
          .filter(([, ms]) => ms > maxMs)
          .map(([client, ms]) => `${client} waited ${Math.round(ms)} ms for a hub`);
      },
    }),
});
