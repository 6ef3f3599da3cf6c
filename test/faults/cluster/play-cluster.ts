import { join } from 'node:path';
import { temporaryFolder } from '#platform/testing/cleanup.ts';
import { startLoad } from '../load/start-load.ts';
import { type ScenarioContext, type ScenarioResult } from '../scenario.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';
import { ProcessorUse } from './processor-use.ts';
import { type Cluster, type ClusterOptions, startCluster } from './start-cluster.ts';
import { longestBaseWaitMs, Waits } from './waits.ts';
import { Watchers } from './watchers.ts';

/**
 * Commands and readings per second: about as much as takes 60 % of two processors with three
 * hubs, by what busy-hubs measured (docs/faults.md).
 */
const LONG_LOAD = { perSecond: 15, lamps: 6, sensors: 4, sensorPeriodMs: 20 };
const SHORT_LOAD = { perSecond: 10, lamps: 2, sensors: 1, sensorPeriodMs: 50 };

export interface HarmDone {
  readonly notes: readonly string[];
  readonly resumeMs?: readonly number[];
  readonly violations?: readonly string[];
}

export interface ClusterPlay {
  readonly name: string;
  readonly hubs: number;
  readonly hubArgs?: (index: number) => readonly string[];
  /** Does harm and mends it. */
  readonly harm: (cluster: Cluster) => Promise<HarmDone>;
  /** What is wrong with how long clients had to wait, in milliseconds, by client. */
  readonly checkWaits?: (longest: ReadonlyMap<string, number>) => readonly string[];
}

/** Several hubs under load, harm, and what every party says of it afterwards. */
export async function playCluster(
  { random, cleanup, isLong, scale, say }: ScenarioContext,
  play: ClusterPlay,
): Promise<ScenarioResult> {
  const load = isLong ? LONG_LOAD : SHORT_LOAD;
  const options: ClusterOptions = { ...load, ...play, cleanup };
  const cluster = await startCluster(options);
  const { fixture, hubs, database } = cluster;
  const watchers = await Watchers.open(cluster);
  const waits = new Waits(cleanup);
  const fromByte = fixture.base.program.log.bytes;
  const commandLoad = startLoad(fixture, { random, perSecond: load.perSecond * scale });
  const { dashboard, reader } = watchers.atBalancer;
  waits.watch('dashboard', () => dashboard.isLive);
  waits.watch('reader of events', () => reader.isOpen);
  const processors = new ProcessorUse();
  const startedAtMs = performance.now();
  say(`${hubs.length} hubs are under load`);
  const done = await play.harm(cluster);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const use = Math.round(100 * processors.share());
  await commandLoad.stop();
  const { entries } = commandLoad.ledger;
  const longest = new Map([
    ...waits.longest(),
    ['HTTP caller', Math.max(0, ...entries.map(({ waitedMs }) => waitedMs ?? Infinity))],
    ['base', longestBaseWaitMs(fixture.base.program.log, fromByte)],
  ]);
  say('the harm is done; now everything settles');
  for (const { hub } of hubs) if (!hub.program.isRunning) await hub.program.start();
  const missed = await watchers.violations();
  const shared = database.dataOf(
    hubs.map(({ hub }) => hub),
    join(temporaryFolder(cleanup), 'copy'),
  );
  const { commands, readings } = await verifyFixture(fixture, commandLoad.ledger, { shared });
  const waited = Array.from(longest, ([client, ms]) => `${client} ${Math.round(ms)} ms`);
  return {
    commands: commands.counts,
    readings: readings.counts,
    resumeMs: done.resumeMs ?? [],
    notes: [
      ...done.notes,
      `${(entries.length / seconds).toFixed(0)} commands/s for ${seconds.toFixed(0)} s; the processors were ${use} % busy`,
      `longest wait: ${waited.join(', ')}`,
      watchers.note(),
      commands.ends,
    ],
    violations: [
      ...commands.violations,
      ...readings.violations,
      ...missed,
      ...(done.violations ?? []),
      ...(play.checkWaits?.(longest) ?? []),
    ],
  };
}
