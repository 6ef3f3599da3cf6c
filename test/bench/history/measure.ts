import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { type CleanupStack, temporaryFolder } from '#platform/testing/cleanup.ts';
import { openStore, type StorePlace } from '../../../hub/store/open-store.ts';
import { PostgresServer, postgresPrograms } from '../../../hub/testing/postgres-server.ts';
import { processorMsWithChildren } from '../cost/processes.ts';
import { type Percentiles, percentilesOf } from '../latencies.ts';
import { historyReads } from './history-reads.ts';
import { type Prepared, prepare } from './prepare.ts';
import { SPANS } from './spans.ts';

const RUNS = 20;
const log = pino({ level: 'silent' });

export type Engine = 'sqlite' | 'postgres';

export interface HistoryResult extends Omit<Prepared, 'unitId' | 'lastMs'> {
  readonly engine: Engine;
  /** By the name of a span. */
  readonly fromRollUps: Readonly<Record<string, Percentiles>>;
  /** Processor time of an answer, of hub and database, which a busy machine does not stretch. */
  readonly processorMs: Readonly<Record<string, number>>;
}

export interface HistoryOptions {
  readonly readings: number;
  /** Kept and used again; without it all is made anew. */
  readonly folder: string | undefined;
  readonly engines: readonly Engine[];
}

/** One property over a year: histories before and after its readings are rolled up. */
export async function measureHistory(
  options: HistoryOptions,
  cleanup: CleanupStack,
): Promise<HistoryResult[]> {
  const parent = options.folder ?? temporaryFolder(cleanup);
  const results: HistoryResult[] = [];
  for (const engine of options.engines) {
    const folder = join(parent, engine);
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const server = engine === 'postgres' ? await startPostgres(folder, cleanup) : undefined;
    if (engine === 'postgres' && server === undefined) continue;
    const { readings } = options;
    const place = { dataFolder: folder, database: server?.url('postgres') };
    results.push(await measureOn(place, { engine, folder, readings, server }));
  }
  return results;
}

/** Undefined: it is not installed. */
async function startPostgres(
  under: string,
  cleanup: CleanupStack,
): Promise<PostgresServer | undefined> {
  const programs = postgresPrograms();
  if (programs === undefined) return undefined;
  const server = await PostgresServer.reopen(programs, { under, isDurable: true });
  cleanup.add(() => server.stop());
  return server;
}

async function measureOn(
  place: StorePlace,
  options: {
    readonly engine: Engine;
    readonly folder: string;
    readonly readings: number;
    readonly server: PostgresServer | undefined;
  },
): Promise<HistoryResult> {
  const store = await openStore(place, log);
  try {
    const { unitId, lastMs, ...prepared } = await prepare(store, { ...options, log });
    const read = await historyReads(store, { unitId, toMs: lastMs });
    const fromRollUps: Record<string, Percentiles> = {};
    const processorMs: Record<string, number> = {};
    const spentMs = (): number => {
      const { user, system } = process.cpuUsage();
      const { pid } = options.server ?? {};
      return (user + system) / 1_000 + (pid === undefined ? 0 : processorMsWithChildren(pid));
    };
    for (const { name, spanMs } of SPANS) {
      const times: number[] = [];
      const beforeMs = spentMs();
      for (let run = 0; run < RUNS; run += 1) times.push((await read(spanMs)).ms);
      processorMs[name] = (spentMs() - beforeMs) / RUNS;
      fromRollUps[name] = percentilesOf(times);
    }
    return { engine: options.engine, ...prepared, fromRollUps, processorMs };
  } finally {
    await store.close();
  }
}

export function formatHistory(results: readonly HistoryResult[]): string {
  return results
    .flatMap(({ engine, readings, fromReadings, rollUpSeconds, fromRollUps, processorMs }) => [
      '',
      `History of a property with ${readings.toLocaleString('en')} readings, on ${engine}; rolled up in ${rollUpSeconds.toFixed(0)} s`,
      ...SPANS.map(({ name, aimMs }) => {
        const { p50Ms = NaN, maxMs = NaN } = fromRollUps[name] ?? {};
        const before = fromReadings[name];
        const slow = typeof before === 'number' ? `${before.toFixed(0)} ms` : 'not whole in 30 s';
        return `${name.padEnd(10)} ${slow} from readings; ${p50Ms.toFixed(1)} ms at p50 and ${maxMs.toFixed(1)} at most from roll-ups, ${(processorMs[name] ?? NaN).toFixed(1)} of a processor; aim ${aimMs} ms`;
      }),
    ])
    .join('\n');
}
