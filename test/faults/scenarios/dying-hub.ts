import { setTimeout as sleep } from 'node:timers/promises';
import { withTwoAndThreeHubs } from '../cluster/cluster-scenarios.ts';
import { playCluster } from '../cluster/play-cluster.ts';
import { scaled } from '../scenario.ts';

/** Past the lease of a hub, and shorter than it takes a base to miss its pings. */
const STOPPED_MS = 8_000;
const LONG = { rounds: 8, betweenMs: 10_000 };
const SHORT = { rounds: 2, betweenMs: 2_500 };

export const dyingHub = withTwoAndThreeHubs({
  name: 'dying-hub',
  description: 'one after the other is killed, or stopped past its lease',
  play: (context, of) =>
    playCluster(context, {
      ...of,
      harm: async ({ hubs }) => {
        const { isLong, scale } = context;
        const { betweenMs, ...wanted } = isLong ? LONG : SHORT;
        const rounds = isLong ? scaled(wanted.rounds, scale) : wanted.rounds;
        for (let round = 0; round < rounds; round += 1) {
          await sleep(betweenMs);
          const { hub } = hubs[round % hubs.length] ?? {};
          if (!hub) break;
          // Of each hub in turn, killed and stopped.
          if ((round + Math.floor(round / hubs.length)) % 2 === 0) {
            await hub.program.kill();
            await hub.program.start();
          } else {
            const { pid } = hub.program;
            process.kill(pid, 'SIGSTOP');
            await sleep(STOPPED_MS);
            process.kill(pid, 'SIGCONT');
          }
        }
        await sleep(betweenMs);
        return { notes: [`${rounds} times a hub died or stood still`] };
      },
    }),
});
