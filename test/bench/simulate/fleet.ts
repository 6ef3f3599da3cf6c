import type { Deployment, Workload } from './deployment.ts';
import { type Installation, MAX_UTILISATION, type Resource } from './installation.ts';

/**
 * What a workload needs, without a bound on machines; undefined hubs: no number of them suffices.
 */
export interface Fleet {
  readonly hubs: number | undefined;
  readonly databaseProcessors: number;
  /** What would bound it with the usual database machine; undefined: nothing does. */
  readonly boundBy: Resource | undefined;
  /**
   * Separate installations that it would need, each with the usual database machine and the best
   * number of hubs.
   */
  readonly installations: number;
}

const MAX_HUBS = 2_000;
/** More hubs than these on one database only hear each other. */
const MAX_HUBS_OF_INSTALLATION = 60;

/** The fewest hubs whose own resources suffice, and the database that they need then. */
export function fleetFor(
  installation: Installation,
  workload: Workload,
  usual: Omit<Deployment, 'hubs'>,
): Fleet {
  const boundless = {
    ...usual,
    databaseProcessors: 1e9,
    databaseConnections: 1e9,
    diskBytesPerSecond: 1e15,
  };
  let hubs = 1;
  const isEnough = (): boolean => installation.fits(workload, { ...boundless, hubs }) >= 1;
  while (!isEnough() && hubs < MAX_HUBS) hubs += Math.max(1, Math.floor(hubs / 50));
  const { utilisation, bottleneck } = installation.simulate(workload, {
    ...{ ...usual, hubs },
    // A setting.
    databaseConnections: boundless.databaseConnections,
  });
  const busy = utilisation['database processors'] * usual.databaseProcessors;
  return {
    hubs: hubs < MAX_HUBS ? hubs : undefined,
    databaseProcessors: Math.ceil(busy / MAX_UTILISATION),
    boundBy: utilisation[bottleneck] > MAX_UTILISATION ? bottleneck : undefined,
    installations: installationsFor(installation, workload, usual),
  };
}

function installationsFor(
  installation: Installation,
  workload: Workload,
  usual: Omit<Deployment, 'hubs'>,
): number {
  let best = 0;
  for (let hubs = 1; hubs <= MAX_HUBS_OF_INSTALLATION; hubs += 1) {
    // Connections are a setting, and a pooler can lend them.
    const deployment = { ...usual, hubs, databaseConnections: 1e9 };
    best = Math.max(best, installation.fits(workload, deployment));
  }
  return Math.max(1, Math.ceil(1 / best));
}
