import { tmpdir } from 'node:os';
import pg from 'pg';
import { pino } from 'pino';
import type { CleanupStack } from '#platform/testing/cleanup.ts';
import { openPool } from '../../../hub/store/engine/postgres/database.ts';
import { migrate, POSTGRES_MIGRATIONS } from '../../../hub/store/migrations.ts';
import { PostgresServer, postgresPrograms } from '../../../hub/testing/postgres-server.ts';

/** The step that puts readings into partitions. */
const STEP = '0015-reading-rollups';
const WEEKS_BACK_MS = 365 * 86_400_000;
const PROBE_EVERY_MS = 10;

export interface MigrationResult {
  readonly readings: number;
  /** The step, with its commit. */
  readonly stepMs: number;
  /** The longest that somebody waited meanwhile who read a reading, stored one, or read a site. */
  readonly longestMs: Readonly<Record<Probe, number>>;
}

type Probe = 'read' | 'store' | 'site';

const PROBES: Readonly<Record<Probe, string>> = {
  read: 'select value from readings where property_key = 1 order by measured_at desc limit 1',
  store: `insert into readings (property_key, boot, seq, measured_at, received_at, value, clock)
    values (1, 2, nextval('probe'), $1, $1, 1, 0)`,
  site: 'select id from sites limit 1',
};

/** How long the step takes on a PostgreSQL with readings of one property, and whom it keeps waiting. */
export async function measureMigration(
  readings: number,
  cleanup: CleanupStack,
): Promise<MigrationResult> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('PostgreSQL is not installed');
  const server = await PostgresServer.create(programs, { under: tmpdir(), isDurable: true });
  cleanup.add(() => server.remove());
  const url = server.url('postgres');
  const db = openPool({
    ...{ url, connections: 1, statementTimeoutMs: 3_600_000 },
    log: pino({ level: 'silent' }),
  });
  cleanup.add(() => db.destroy());
  const earlier = Object.entries(POSTGRES_MIGRATIONS).filter(([name]) => name < STEP);
  await migrate(db, Object.fromEntries(earlier));
  await fill(url, readings);

  const isOver = { now: false };
  const probing = Promise.all([
    longestWait(url, 'read', isOver),
    longestWait(url, 'store', isOver),
    longestWait(url, 'site', isOver),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const upTo = Object.entries(POSTGRES_MIGRATIONS).filter(([name]) => name <= STEP);
  const begunMs = performance.now();
  await migrate(db, Object.fromEntries(upTo));
  const stepMs = performance.now() - begunMs;
  isOver.now = true;
  const [read, store, site] = await probing;
  return { readings, stepMs, longestMs: { read, store, site } };
}

async function fill(url: string, readings: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const stepMs = Math.floor(WEEKS_BACK_MS / readings);
  await client.query(
    `insert into readings (property_key, boot, seq, measured_at, received_at, value, clock)
    select 1, 1, n, at, at, n % 1000 / 10.0, 0 from generate_series(1, $1::bigint) as n,
      lateral (select $2::bigint - ($1::bigint - n) * $3::bigint as at) as measured`,
    [readings, Date.now(), stepMs],
  );
  await client.query('create sequence probe');
  await client.query('analyze readings');
  await client.end();
}

/** One statement after the other, each in a transaction of its own, until it is over. */
async function longestWait(
  url: string,
  probe: Probe,
  isOver: { readonly now: boolean },
): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let longestMs = 0;
  while (!isOver.now) {
    const begunMs = performance.now();
    await client.query(PROBES[probe], probe === 'store' ? [Date.now()] : []);
    longestMs = Math.max(longestMs, performance.now() - begunMs);
    await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
  }
  await client.end();
  return longestMs;
}

export function formatMigration({ readings, stepMs, longestMs }: MigrationResult): string {
  const waits = Object.entries(longestMs).map(([probe, ms]) => `${probe} ${ms.toFixed(0)} ms`);
  return `${STEP} on ${readings.toLocaleString('en')} readings: ${stepMs.toFixed(0)} ms; the longest waits meanwhile: ${waits.join(', ')}`;
}
