import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { type EnrolledBases, enrolBases } from '../../harness/swarm/enrol-bases.ts';
import { REPOSITORY } from '../../architecture/source.ts';
import { startProcess } from '../bench-process.ts';
import { processorMs, processorMsWithChildren } from '../cost/processes.ts';
import { ClusterMeter } from '../hubs/cluster-meter.ts';
import { type HubCluster, startCluster } from '../hubs/hub-cluster.ts';
import type { Measured } from './measured.ts';

const ONLINE = /^online (\d+) after ([\d.]+) s/m;
const CONNECT_PATIENCE_MS = 240_000;
const HUBS = 2;

/** How many, and how long they are idle. */
export const BASES = { count: 1_000, seconds: 20 };

/** What bases cost that are connected and do nothing. */
export async function measureBases(
  { count, seconds }: { readonly count: number; readonly seconds: number },
  cleanup: Cleanup,
): Promise<Measured['bases']> {
  const folder = temporaryFolder(cleanup);
  const enrolled: { bases?: EnrolledBases } = {};
  const cluster = await startCluster(
    {
      hubs: HUBS,
      prepare: async (database) => {
        enrolled.bases = await enrolBases({ dataFolder: folder, database }, count);
      },
    },
    cleanup,
  );
  if (!enrolled.bases) throw new Error('there are no bases');
  const meter = new ClusterMeter(cluster, { base: [], units: [] });
  const resting = (): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const without = await meter.during(resting);
  const bytesBefore = residentBytes(cluster);
  const before = processors(cluster);
  await connect(cluster, { folder, bases: enrolled.bases, count }, cleanup);
  const after = processors(cluster);
  const bytesAfter = residentBytes(cluster);
  const withBases = await meter.during(resting);
  const idleSecond = (of: (costs: typeof without.costs) => number): number =>
    Math.max(
      0,
      of(withBases.costs) / withBases.costs.seconds - of(without.costs) / without.costs.seconds,
    ) / count;
  return {
    count,
    hubBytesPerBase: (bytesAfter - bytesBefore) / count,
    hubBytesWithoutBases: bytesBefore / HUBS,
    connect: {
      hubs: (after.hubs - before.hubs) / count,
      database: (after.database - before.database) / count,
    },
    idleSecond: {
      hubs: idleSecond(({ processorMs: { hubs } }) => hubs.reduce((sum, ms) => sum + ms, 0)),
      database: idleSecond(({ processorMs: { database } }) => database),
      transactions: idleSecond(({ transactions }) => transactions),
    },
  };
}

async function connect(
  { url, caPem }: HubCluster,
  {
    folder,
    bases,
    count,
  }: { readonly folder: string; readonly bases: EnrolledBases; readonly count: number },
  cleanup: Cleanup,
): Promise<void> {
  const plan = join(folder, 'swarm.json');
  writeFileSync(plan, JSON.stringify({ origin: url, ca: caPem, ...bases }), { mode: 0o600 });
  const program = join(REPOSITORY, 'test/bench/bases/swarm.ts');
  const swarm = await startProcess(
    {
      command: process.execPath,
      args: ['--conditions=source', '--import', 'tsx', program, plan],
      sign: ONLINE,
      patienceMs: CONNECT_PATIENCE_MS,
    },
    cleanup,
  );
  const [, online = ''] = ONLINE.exec(swarm.output()) ?? [];
  if (Number(online) !== count) throw new Error(`only ${online} of ${count} bases are online`);
}

function processors({ hubs, server }: HubCluster): {
  readonly hubs: number;
  readonly database: number;
} {
  return {
    hubs: hubs.reduce((sum, { pid }) => sum + processorMs(pid), 0),
    database: processorMsWithChildren(server.pid ?? 0),
  };
}

/** VmRSS of the hubs' processes (proc(5)). */
function residentBytes({ hubs }: HubCluster): number {
  return hubs.reduce((sum, { pid }) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
    if (kilobytes === undefined) throw new Error('the memory of a hub cannot be read');
    return sum + Number(kilobytes) * 1_024;
  }, 0);
}
