import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '#platform/testing/cleanup.ts';
import { REPOSITORY } from '../../architecture/source.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { startFixture } from '../fault-fixture.ts';
import { startLoad } from '../load/start-load.ts';
import { FaultHub } from '../programs/hub.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { noPostgres, SharedDatabase } from '../postgres-database.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

const NAME = 'dying-hub';
/** Past the lease of a hub, and shorter than it takes a base to miss its pings. */
const STOPPED_MS = 8_000;
const BETWEEN_MS = 4_000;

export const dyingHub: Scenario = {
  name: NAME,
  description:
    'of two hubs on one database, the one with the base is killed, or stopped past its lease',
  longLimitMs: 900_000,
  obstacle: noPostgres,
  play: async ({ random, cleanup, isLong, scale }) => {
    const database = await SharedDatabase.create(cleanup);
    const hubArgs = ['--database', database.url];
    const fixture = await startFixture({ name: NAME, lamps: 2, sensors: 1, hubArgs, cleanup });
    const folder = temporaryFolder(cleanup);
    const [httpsPort = 0, httpPort = 0] = await freePorts(2);
    const other = new FaultHub({
      ...{ data: join(folder, 'hub'), httpsPort, httpPort, args: hubArgs, cleanup },
      logPath: join(REPOSITORY, 'build/faults', NAME, 'other-hub.log'),
    });
    await other.program.start();
    const hubs = [fixture.hub, other] as const;
    const load = startLoad(fixture, { random, perSecond: 20 });
    const rounds = isLong ? scaled(20, scale) : 2;
    for (let round = 0; round < rounds; round += 1) {
      const [serving, next] = round % 2 === 0 ? hubs : [other, fixture.hub];
      await sleep(BETWEEN_MS);
      const isKilled = round % 4 < 2;
      if (isKilled) await serving.program.kill();
      else process.kill(serving.program.pid, 'SIGSTOP');
      // As a balancer: new connections go to the other one, the old ones stay as they are.
      const target = { host: '127.0.0.1', port: next.httpsPort };
      fixture.front.target = target;
      fixture.link.target = target;
      if (isKilled) {
        await serving.program.start();
      } else {
        await sleep(STOPPED_MS);
        process.kill(serving.program.pid, 'SIGCONT');
      }
    }
    await load.stop();
    const shared = database.dataOf(hubs, join(folder, 'copy'));
    const { commands, readings } = await verifyFixture(fixture, load.ledger, { shared });
    return {
      commands: commands.counts,
      readings: readings.counts,
      notes: [`${rounds} times the hub with the base died or stood still`, commands.ends],
      violations: [...commands.violations, ...readings.violations],
    };
  },
};
