import { execFileSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import type { CleanupStack } from '#platform/testing/cleanup.ts';
import { REPOSITORY } from '../../architecture/source.ts';
import { measureSyncs } from '../disk.ts';
import { LoadedCluster, type WantedRun, WORKING_HUBS } from './loaded-cluster.ts';
import { measureBases } from './measure-bases.ts';
import type { Measured, Run } from './measured.ts';

const NO_COMMANDS = { seconds: 10, commandsPerSecond: 0 };
const NO_READINGS = { seconds: 20, deliveriesPerSecond: 0, readingsPerDelivery: 1 };
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
const COMMANDS_PER_SECOND = [10, 25, 45] as const;
const BASES = { count: 1_000, seconds: 20 };

export async function measureRuns(
  cleanup: CleanupStack,
): Promise<Omit<Measured, 'bases' | 'date' | 'commit' | 'node' | 'machineLoad' | 'syncMs'>> {
  const cluster = await LoadedCluster.start(cleanup);
  const idle = await cluster.run(RUNS.idle);
  const smallDeliveries = await cluster.run(RUNS.small);
  const largeDeliveries = await cluster.run(RUNS.large);
  const fitted: Run[] = [];
  for (const commandsPerSecond of COMMANDS_PER_SECOND) {
    const name = `${commandsPerSecond} commands a second`;
    fitted.push(await cluster.run({ ...NO_READINGS, name, commandsPerSecond }));
  }
  return {
    processors: availableParallelism(),
    mainThreadShare: cluster.mainThreadShare,
    workingHubs: WORKING_HUBS,
    ...{ idle, smallDeliveries, largeDeliveries, fitted },
  };
}

/** All that the simulation rests on; `start` gives each part a fresh stack. */
export async function measureAll(
  withCleanup: <T>(work: (cleanup: CleanupStack) => Promise<T>) => Promise<T>,
): Promise<Measured> {
  const origin = originNow();
  const syncMs = measureSyncs().p50Ms;
  const runs = await withCleanup(measureRuns);
  const bases = await withCleanup((cleanup) => measureBases(BASES, cleanup));
  return { ...origin, syncMs, ...runs, bases };
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
