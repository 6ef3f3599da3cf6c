import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { systemClock } from '#platform/clock.ts';
import { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import type { CleanupStack } from '#platform/testing/cleanup.ts';
import { HistoryQuery } from '#protocol/http/units.ts';
import { DeviceId, newId, UnitId, UserId } from '#protocol/ids.ts';
import { HistoryService } from '../../hub/domain/readings/history-service.ts';
import { RollUps } from '../../hub/domain/readings/roll-ups.ts';
import { ActorNames } from '../../hub/store/actor-names.ts';
import { engineOf } from '../../hub/store/engine/adapter.ts';
import type { Store } from '../../hub/store/engine/store.ts';
import { openStore, type StorePlace } from '../../hub/store/open-store.ts';
import { insertSite } from '../../hub/store/sites.ts';
import { UnitMapper } from '../../hub/store/unit-mapper.ts';
import { UnitOfWork } from '../../hub/store/unit-of-work.ts';
import { findUnit, insertUnit } from '../../hub/store/units.ts';
import { PostgresServer, postgresPrograms } from '../../hub/testing/postgres-server.ts';

const DAY_MS = 86_400_000;
const RUNS = 20;
const log = pino({ level: 'silent' });

export interface HistoryResult {
  readonly engine: 'sqlite' | 'postgres';
  readonly readings: number;
  /** By the name of a span, in milliseconds. */
  readonly fromReadings: Readonly<Record<string, number>>;
  readonly rollUpSeconds: number;
  readonly fromRollUps: Readonly<Record<string, { readonly p50: number; readonly max: number }>>;
}

const SPANS = { '30 days': 30 * DAY_MS, 'a year': 365 * DAY_MS } as const;

/** One property over a year until now: histories before and after its readings are rolled up. */
export async function measureHistory(
  readings: number,
  cleanup: CleanupStack,
): Promise<HistoryResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-history-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const results = [await measureOn({ dataFolder: folder }, readings)];
  const programs = postgresPrograms();
  if (programs === undefined) return results;
  const server = await PostgresServer.create(programs, { under: tmpdir(), isDurable: true });
  cleanup.add(() => server.remove());
  const database = server.url('postgres');
  results.push(await measureOn({ dataFolder: folder, database }, readings));
  return results;
}

async function measureOn(place: StorePlace, readings: number): Promise<HistoryResult> {
  const store = await openStore(place, log);
  try {
    const clock = systemClock;
    const unitOfWork = new UnitOfWork({
      ...{ writer: store.writer, clock, log },
      names: new ActorNames(),
    });
    const unitId = newId(UnitId);
    await unitOfWork.run(async ({ tx }) => {
      const site = await insertSite(tx, 'Home', clock.nowMs());
      const unit = { id: unitId, siteId: site.id, name: 'Sensor', place: '', createdAtMs: 1 };
      const endpoint = { kind: 'mqtt_device', deviceId: newId(DeviceId) } as const;
      await insertUnit(tx, { ...unit, endpoint });
    }, 'bench');
    const nowMs = clock.nowMs();
    await seed(store, { readings, lastMs: nowMs });
    const unit = await findUnit(store.db, new UnitMapper(), unitId);
    if (!unit) throw new Error('no unit');
    const service = new HistoryService({ ...store, clock, share: new PerUserLimiter() });
    const by = { userId: newId(UserId), isWanted: () => true };
    const timed = async (spanMs: number): Promise<number> => {
      const range = { property: 'heat', from: nowMs - spanMs, to: nowMs };
      const begunMs = performance.now();
      const answer = await service.query(by, unit, HistoryQuery.parse(range));
      if (answer.points.length < 200) throw new Error('too few points');
      return performance.now() - begunMs;
    };
    const fromReadings: Record<string, number> = {};
    for (const [name, ms] of Object.entries(SPANS)) fromReadings[name] = await timed(ms);
    const begunMs = performance.now();
    const rollUps = new RollUps({ ...store, unitOfWork, clock, log });
    while (await rollUps.runPiece());
    const rollUpSeconds = (performance.now() - begunMs) / 1_000;
    const fromRollUps: Record<string, { p50: number; max: number }> = {};
    for (const [name, ms] of Object.entries(SPANS)) {
      const times: number[] = [];
      for (let run = 0; run < RUNS; run += 1) times.push(await timed(ms));
      times.sort((a, b) => a - b);
      fromRollUps[name] = { p50: times[RUNS / 2] ?? NaN, max: times.at(-1) ?? NaN };
    }
    const { engine } = engineOf(store.db);
    return { engine, readings, fromReadings, rollUpSeconds, fromRollUps };
  } finally {
    await store.close();
  }
}

/** As a hub from before there were roll-ups leaves them. */
async function seed(
  store: Store,
  { readings, lastMs }: { readonly readings: number; readonly lastMs: number },
): Promise<void> {
  const isSqlite = engineOf(store.db).engine === 'sqlite';
  const numbers = isSqlite
    ? sql`with recursive numbers (n) as (
        select 1 union all select n + 1 from numbers where n < ${readings}) select n from numbers`
    : sql`select generate_series(1, cast(${readings} as bigint)) as n`;
  const stepMs = sql.lit(Math.floor((365 * DAY_MS) / readings));
  const atMs = sql`cast(${lastMs} as bigint) - (cast(${readings} as bigint) - n) * ${stepMs}`;
  await store.maintain(async (db) => {
    await sql`insert into properties (unit_key, name, value, measured_at, received_at, clock,
        rolled_up_from)
      select key, 'heat', '1', ${lastMs}, ${lastMs}, 'synced', 8640000000000000 from units`.execute(
      db,
    );
    await sql`insert into readings (property_key, boot, seq, measured_at, received_at, value, clock)
      select (select max(key) from properties), 1, n, ${atMs}, ${atMs}, (n * 7919 % 1000) / 10.0, 0
      from (${numbers}) as numbered`.execute(db);
    await sql`analyze`.execute(db);
  });
}

export function formatHistory(results: readonly HistoryResult[]): string {
  return results
    .flatMap(({ engine, readings, fromReadings, rollUpSeconds, fromRollUps }) => [
      '',
      `History of a property with ${readings.toLocaleString('en')} readings, on ${engine}; rolled up in ${rollUpSeconds.toFixed(0)} s`,
      ...Object.entries(fromRollUps).map(
        ([name, { p50, max }]) =>
          `${name.padEnd(10)} ${(fromReadings[name] ?? NaN).toFixed(0)} ms from readings; ${p50.toFixed(1)} ms at p50 and ${max.toFixed(1)} at most from roll-ups`,
      ),
    ])
    .join('\n');
}
