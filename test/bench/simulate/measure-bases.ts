import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { type EnrolledBases, enrolBases } from '../../harness/swarm/enrol-bases.ts';
import { startSwarm } from '../bases/start-swarm.ts';
import { processorMs, processorMsWithChildren } from '../cost/processes.ts';
import { ClusterMeter } from '../hubs/cluster-meter.ts';
import { type HubCluster, startCluster } from '../hubs/hub-cluster.ts';
import { residentBytes } from '../resident.ts';
import type { Measured } from './measured.ts';

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
  const bytesBefore = residentOf(cluster);
  const before = processors(cluster);
  const { url: origin, caPem: ca } = cluster;
  await startSwarm({ origin, ca, bases: enrolled.bases }, cleanup);
  const after = processors(cluster);
  const bytesAfter = residentOf(cluster);
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

function processors({ hubs, server }: HubCluster): {
  readonly hubs: number;
  readonly database: number;
} {
  return {
    hubs: hubs.reduce((sum, { pid }) => sum + processorMs(pid), 0),
    database: processorMsWithChildren(server.pid ?? 0),
  };
}

function residentOf({ hubs }: HubCluster): number {
  return hubs.reduce((sum, { pid }) => sum + residentBytes(pid), 0);
}
