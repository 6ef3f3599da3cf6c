import { setTimeout as sleep } from 'node:timers/promises';
import { isRedisInstalled, RedisServer } from '../../../hub/testing/redis-server.ts';
import { withTwoAndThreeHubs } from '../cluster/cluster-scenarios.ts';
import { playCluster } from '../cluster/play-cluster.ts';
import { FaultProxy } from '../proxy/fault-proxy.ts';

/** Longer than hubs wait before they consider the bus dead. */
const AWAY_MS = 8_000;
const BETWEEN_MS = 4_000;

export const redisAway = withTwoAndThreeHubs({
  name: 'redis-away',
  description: 'their Redis is killed and comes back empty, stands still, and is cut off from one',
  isLongOnly: true,
  obstacle: () => (isRedisInstalled() ? undefined : 'Redis is not installed'),
  play: async (context, of) => {
    const { cleanup, say, isLong } = context;
    const redis = await RedisServer.create();
    cleanup.add(() => redis.remove());
    const lines: FaultProxy[] = [];
    for (let index = 0; index < of.hubs; index += 1) {
      const line = new FaultProxy({ target: { host: '127.0.0.1', port: redis.port }, cleanup });
      await line.start();
      lines.push(line);
    }
    return await playCluster(context, {
      ...of,
      hubArgs: (index) => ['--bus', `redis://127.0.0.1:${lines[index]?.port}`],
      harm: async () => {
        const rounds = isLong ? 3 : 1;
        for (let round = 0; round < rounds; round += 1) {
          await sleep(BETWEEN_MS);
          say('Redis is killed, and is back at once');
          await redis.kill();
          await redis.start();
          await sleep(BETWEEN_MS);
          say('Redis is killed');
          await redis.kill();
          await sleep(AWAY_MS);
          await redis.start();
          await sleep(BETWEEN_MS);
          say('Redis stands still');
          redis.pause();
          await sleep(AWAY_MS);
          redis.resume();
          await sleep(BETWEEN_MS);
          say('one hub is cut off from Redis');
          const line = lines[round % lines.length];
          line?.down('rst');
          await sleep(AWAY_MS);
          line?.up();
        }
        await sleep(BETWEEN_MS);
        return {
          notes: [
            `${rounds} times Redis was killed and back empty at once, killed for ${AWAY_MS / 1_000} s, still for as long, and cut off from one hub`,
          ],
        };
      },
    });
  },
});
