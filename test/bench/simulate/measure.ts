import { execFileSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { REPOSITORY } from '../../architecture/source.ts';
import { measureSyncs } from '../disk.ts';
import { type LoadedCluster, type WantedRun, WORKING_HUBS } from './loaded-cluster.ts';
import type { Measured, Run } from './measured.ts';

const NO_COMMANDS = { seconds: 8, commandsPerSecond: 0 };
const NO_READINGS = { seconds: 15, deliveriesPerSecond: 0, readingsPerDelivery: 1 };
const RUNS = {
  idle: { ...NO_COMMANDS, name: 'idle', deliveriesPerSecond: 0, readingsPerDelivery: 1 },
  small: {
    ...{ ...NO_COMMANDS, name: 'small deliveries' },
    ...{ deliveriesPerSecond: 40, readingsPerDelivery: 1 },
  },
  large: {
    ...{ ...NO_COMMANDS, name: 'large deliveries' },
    ...{ deliveriesPerSecond: 8, readingsPerDelivery: 200 },
  },
} as const satisfies Readonly<Record<string, WantedRun>>;
const COMMANDS_PER_SECOND = [10, 20] as const;
/** Of the third load: what costs when all are busy. */
const FULL = { inFlight: 16, commands: 1_000 };

export async function measureRuns(
  cluster: LoadedCluster,
): Promise<Omit<Measured, 'bases' | 'date' | 'commit' | 'node' | 'machineLoad'>> {
  const syncMs = measureSyncs().p50Ms;
  const idle = await cluster.run(RUNS.idle);
  const smallDeliveries = await cluster.run(RUNS.small);
  const largeDeliveries = await cluster.run(RUNS.large);
  const fitted: Run[] = [];
  for (const commandsPerSecond of COMMANDS_PER_SECOND) {
    const name = `${commandsPerSecond} commands a second`;
    fitted.push(await cluster.run({ ...NO_READINGS, name, commandsPerSecond }));
  }
  fitted.push(await cluster.ceiling('as many as go, 16 at once', FULL.inFlight, FULL.commands));
  return {
    ...{ processors: availableParallelism(), syncMs },
    mainThreadShare: cluster.mainThreadShare,
    workingHubs: WORKING_HUBS,
    ...{ idle, smallDeliveries, largeDeliveries, fitted },
  };
}

/** When and of what something is measured. */
export function originNow(): Pick<Measured, 'date' | 'commit' | 'node' | 'machineLoad'> {
  const git = ['rev-parse', '--short', 'HEAD'];
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', git, { cwd: REPOSITORY, encoding: 'utf8' }).trim(),
    node: process.versions.node,
    machineLoad: loadavg()[0] ?? NaN,
  };
}
