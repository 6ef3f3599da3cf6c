import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../architecture/source.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { enrolBases } from '../../harness/swarm/enrol-bases.ts';
import { until } from '#platform/testing/until.ts';
import { BaseSwarm } from '../base-swarm.ts';
import { FaultHub } from '../programs/hub.ts';
import { type Scenario, scaled } from '../scenario.ts';

const MAX_MS = { long: 300_000, short: 90_000 };

async function startHub(data: string, cleanup: Cleanup): Promise<FaultHub> {
  const logs = join(REPOSITORY, 'build/faults/bases-reconnect');
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const [httpsPort = 0, httpPort = 0] = await freePorts(2);
  const logPath = join(logs, 'hub.log');
  const hub = new FaultHub({ data, httpsPort, httpPort, logPath, cleanup });
  await hub.program.start();
  return hub;
}

export const basesReconnect: Scenario = {
  name: 'bases-reconnect',
  description: 'thousands of bases reconnect after the hub was killed: all come back',
  longLimitMs: 500_000,
  play: async ({ random, cleanup, isLong, scale, say }) => {
    const count = isLong ? scaled(5_000, scale) : 40;
    const data = join(temporaryFolder(cleanup), 'hub');
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const enrolled = await enrolBases({ dataFolder: data }, count);
    const hub = await startHub(data, cleanup);
    const swarm = new BaseSwarm({ enrolled, origin: hub.url, ca: hub.ca, random, cleanup });
    await swarm.connect();
    say(`${swarm.online} bases are connected; now the hub is killed`);
    await hub.program.kill();
    await until('every base has noticed', () => swarm.online === 0, 60_000);
    await hub.program.start();
    const resumeMs = await swarm.comeBack(isLong ? MAX_MS.long : MAX_MS.short);
    const { online } = swarm;
    return {
      resumeMs,
      notes: [`${online} of ${count} bases are back and have resumed their log`],
      violations: online === count ? [] : [`${count - online} bases are not back`],
    };
  },
};
