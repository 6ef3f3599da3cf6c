import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { CleanupStack } from '#platform/testing/cleanup.ts';
import { measureBoardCalls } from './board-calls/measure.ts';
import { measureBaseMemory } from './bases/base-memory.ts';
import { compareRoundTrips, type Effort, type RoundTripResult } from './compare-round-trips.ts';
import { CostMeter } from './cost/cost-meter.ts';
import { withItsProcesses } from './cost/processes.ts';
import { measureSyncs, refuseMemory } from './disk.ts';
import { startFloor } from './floor/floor.ts';
import { compareHubs, type HubsResult } from './hubs/compare-hubs.ts';
import { formatHubs } from './hubs/format-hubs.ts';
import { type Engine, formatHistory, measureHistory } from './history/measure.ts';
import { formatProfile } from './profile/format-profile.ts';
import { formatMqtt } from './mqtt/format-mqtt.ts';
import { measureMqtt } from './mqtt/measure.ts';
import { formatMigration, measureMigration } from './migration/measure.ts';
import { recordProfiles } from './profile/record.ts';
import { readingsLoad } from './readings.ts';
import { startRelay } from './relay.ts';
import { type BenchReport, formatReport } from './report.ts';
import { FLOOR_ROLES, SYSTEM_ROLES } from './roles.ts';
import type { MeteredSubject } from './subject.ts';
import { withCleanup } from './with-cleanup.ts';

const LAMPS = 16;
/** Round trips at once: one, one for each lamp, and four for each, which is more than it can do. */
const IN_FLIGHT = [1, LAMPS, 4 * LAMPS];

interface Scale extends Effort {
  readonly readingsMs: number;
  readonly bases: number;
  readonly profiled: number;
}

/** The 99th percentile needs 10,000 round trips. */
const FULL: Scale = {
  rounds: 10,
  roundTripsPerRound: 1_000,
  warmUp: 2_500,
  readingsMs: 10_000,
  bases: 10_000,
  profiled: 5_000,
};
/** What costs changed, in two minutes: too few for a 99th percentile. */
const QUICK: Scale = {
  rounds: 10,
  roundTripsPerRound: 64,
  warmUp: 1_000,
  readingsMs: 3_000,
  bases: 1_000,
  profiled: 1_000,
};
const READINGS_WARM_UP_MS = 2_000;
/** Round trips of each load at one, two and three hubs. */
const HUBS = {
  full: { rounds: 5, roundTripsPerRound: 300, warmUp: 1_000 },
  quick: { rounds: 3, roundTripsPerRound: 60, warmUp: 300 },
};
const HUBS_LOADS = [1, LAMPS];
/** Of one property. */
const HISTORY_READINGS = { full: 20_000_000, quick: 2_000_000 };
/** Of a database that is migrated. */
const MIGRATED_READINGS = { full: 5_000_000, quick: 500_000 };
/** Five rounds of each load; 10,000 idle connections. */
const MQTT = {
  full: { rounds: 5, roundMs: 10_000, fanOutMessages: 100, idle: 10_000 },
  quick: { rounds: 3, roundMs: 2_000, fanOutMessages: 20, idle: 1_000 },
};
/** Calls of `get_gpio`, one after another. */
const BOARD_CALLS = { full: 2_000, quick: 200 };
const ENGINES: readonly Engine[] = ['sqlite', 'postgres'];

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    /** One of `round-trips`, `readings`, `bases`, `profile`, `hubs`, `history`, `migration`, `mqtt`, `board-calls`; the first three without it. */
    only: { type: 'string' },
    'in-flight': { type: 'string' },
    /** Of the history: where its databases are kept, and which of them. */
    data: { type: 'string' },
    engine: { type: 'string' },
  },
});
const scale = options.quick ? QUICK : FULL;
const isWanted = (part: string): boolean => (options.only ?? part) === part;

async function measureRoundTrips(cleanup: CleanupStack): Promise<RoundTripResult[]> {
  const system = await metered(SYSTEM_ROLES, () => startRelay({ lamps: LAMPS }, cleanup));
  const floorOf = { tls: system.tls, units: LAMPS };
  const start = (isDurable: boolean): Promise<MeteredSubject> =>
    metered(FLOOR_ROLES, () => startFloor({ ...floorOf, isDurable }, cleanup));
  const subjects = { floor: await start(false), durableFloor: await start(true), system };
  const loads = options['in-flight'] === undefined ? IN_FLIGHT : [Number(options['in-flight'])];
  const results = [];
  for (const inFlight of loads) {
    results.push(await compareRoundTrips(inFlight, subjects, scale));
  }
  return results;
}

async function measureHubs(cleanup: CleanupStack): Promise<HubsResult[]> {
  const sqlite = await metered(SYSTEM_ROLES, () => startRelay({ lamps: LAMPS }, cleanup));
  const effort = options.quick ? HUBS.quick : HUBS.full;
  const loads = options['in-flight'] === undefined ? HUBS_LOADS : [Number(options['in-flight'])];
  return await compareHubs({ ...effort, lamps: LAMPS, loads }, sqlite, cleanup);
}

/** Starts a subject; its processes are those that run afterwards. */
async function metered<T extends Omit<MeteredSubject, 'meter'> & { readonly databases?: object }>(
  roles: typeof SYSTEM_ROLES,
  start: () => Promise<T>,
): Promise<T & MeteredSubject> {
  const { started, processes } = await withItsProcesses(start);
  const databases = { ...started.databases };
  return { ...started, meter: new CostMeter({ processes, roles, databases }) };
}

async function measureReadings(cleanup: CleanupStack): Promise<number> {
  const { bulk } = await startRelay({ lamps: 0 }, cleanup);
  const storeReadings = readingsLoad(bulk.base, bulk.unitId);
  await storeReadings(READINGS_WARM_UP_MS);
  return await storeReadings(scale.readingsMs);
}

/** @param result shown as it is with `--json`. */
function show(result: unknown, text: string): void {
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${text}\n`);
}

refuseMemory();
if (options.only === 'profile') {
  const recorded = await recordProfiles({
    inFlight: Number(options['in-flight'] ?? LAMPS),
    lamps: LAMPS,
    warmUp: scale.warmUp,
    commands: scale.profiled,
  });
  process.stdout.write(formatProfile(recorded));
} else if (options.only === 'hubs') {
  const results = await withCleanup(measureHubs);
  show(results, formatHubs(results));
} else if (options.only === 'migration') {
  const readings = options.quick ? MIGRATED_READINGS.quick : MIGRATED_READINGS.full;
  const result = await withCleanup((cleanup) => measureMigration(readings, cleanup));
  show(result, formatMigration(result));
} else if (options.only === 'mqtt') {
  const effort = options.quick ? MQTT.quick : MQTT.full;
  const result = await withCleanup((cleanup) => measureMqtt(effort, cleanup));
  show(result, formatMqtt(result));
} else if (options.only === 'board-calls') {
  const calls = options.quick ? BOARD_CALLS.quick : BOARD_CALLS.full;
  const result = await withCleanup((cleanup) => measureBoardCalls(calls, cleanup));
  const { p50Ms, p95Ms, p99Ms, maxMs, count } = result;
  const figures = [p50Ms, p95Ms, p99Ms, maxMs].map((ms) => ms.toFixed(2)).join(', ');
  show(result, `get_gpio, ${count} calls: p50, p95, p99, max in ms: ${figures}`);
} else if (options.only === 'history') {
  const readings = options.quick ? HISTORY_READINGS.quick : HISTORY_READINGS.full;
  const engines = ENGINES.filter((engine) => (options.engine ?? engine) === engine);
  const wanted = { readings, folder: options.data, engines };
  const results = await withCleanup((cleanup) => measureHistory(wanted, cleanup));
  show(results, formatHistory(results));
} else {
  const report: BenchReport = {
    node: process.versions.node,
    processors: availableParallelism(),
    syncs: measureSyncs(),
    // Without what the relay needs, the memory of the bases is measured on an empty machine.
    roundTrips: isWanted('round-trips') ? await withCleanup(measureRoundTrips) : [],
    readingsPerSecond: isWanted('readings') ? await withCleanup(measureReadings) : undefined,
    baseMemory: isWanted('bases')
      ? await withCleanup((cleanup) => measureBaseMemory(scale.bases, cleanup))
      : undefined,
  };
  show(report, formatReport(report).trimEnd());
}
