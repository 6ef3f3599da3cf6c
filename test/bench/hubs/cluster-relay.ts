import type { Cleanup } from '#platform/testing/cleanup.ts';
import { withItsProcesses } from '../cost/processes.ts';
import { type RelayEnds, startEnds } from '../relay.ts';
import { SYSTEM_ROLES } from '../roles.ts';
import { ClusterMeter } from './cluster-meter.ts';
import { type ClusterOptions, type HubCluster, startCluster } from './hub-cluster.ts';

/** A cluster, a base with lamps at one of its hubs, and a client at another. */
export interface ClusterRelay extends RelayEnds {
  readonly cluster: HubCluster;
  readonly meter: ClusterMeter;
}

export async function startClusterRelay(
  { lamps, ...hubs }: ClusterOptions & { readonly lamps: number },
  cleanup: Cleanup,
): Promise<ClusterRelay> {
  const cluster = await startCluster(hubs, cleanup);
  const { started, processes } = await withItsProcesses(() =>
    startEnds(cluster, { lamps }, cleanup),
  );
  const pidsOf = (role: RegExp): number[] =>
    processes.filter(({ command }) => role.test(command)).map(({ pid }) => pid);
  const pids = { base: pidsOf(SYSTEM_ROLES.base), units: pidsOf(SYSTEM_ROLES.unit) };
  if (pids.base.length !== 1 || pids.units.length !== lamps) throw new Error('not all is running');
  return { ...started, cluster, meter: new ClusterMeter(cluster, pids) };
}
