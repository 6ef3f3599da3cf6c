import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#platform/testing/until.ts';
import { enrolBases } from '../../harness/swarm/enrol-bases.ts';
import { BaseSwarm } from '../base-swarm.ts';
import { withTwoAndThreeHubs } from '../cluster/cluster-scenarios.ts';
import { playCluster } from '../cluster/play-cluster.ts';
import { scaled } from '../scenario.ts';

const MAX_MS = 120_000;
/** The balancer has noticed that a hub is back. */
const NOTICED_MS = 3_000;
const LONG_BASES = 1_000;
const SHORT_BASES = 60;

export const basesMove = withTwoAndThreeHubs({
  name: 'bases-move',
  description: 'a thousand bases move from hubs that are killed one after the other',
  isLongOnly: true,
  play: (context, of) =>
    playCluster(context, {
      ...of,
      harm: async ({ hubs, database, balancer, fixture, cleanup }) => {
        const { isLong, scale, random } = context;
        const count = isLong ? scaled(LONG_BASES, scale) : SHORT_BASES;
        const place = { dataFolder: fixture.hub.data, database: database.url };
        const swarm = new BaseSwarm({
          enrolled: await enrolBases(place, count),
          origin: `https://127.0.0.1:${balancer.tlsPort}`,
          ca: fixture.hub.ca,
          random: random.of('swarm'),
          cleanup,
        });
        await swarm.connect();
        const resumeMs: number[] = [];
        const moved: number[] = [];
        const violations: string[] = [];
        for (const { hub } of hubs.slice(0, 2)) {
          const before = swarm.online;
          context.say(`${before} bases are connected; the hub at ${hub.httpUrl} is killed`);
          await hub.program.kill();
          await until('its bases have noticed', () => swarm.online < before);
          // The system ends the connections of a killed process within moments.
          await sleep(500);
          moved.push(count - swarm.online);
          resumeMs.push(...(await swarm.comeBack(MAX_MS)));
          if (swarm.online < count) violations.push(`${count - swarm.online} bases are not back`);
          await hub.program.start();
          await sleep(NOTICED_MS);
        }
        return {
          notes: [
            `${moved.join(', then ')} of ${count} bases moved to other hubs; refused meanwhile: ${refusals(swarm)}`,
          ],
          resumeMs,
          violations,
        };
      },
    }),
});

function refusals({ refusals: byCode }: BaseSwarm): string {
  const texts = Array.from(byCode, ([code, count]) => `${count} ${code}`);
  return texts.length === 0 ? 'none' : texts.join(', ');
}
