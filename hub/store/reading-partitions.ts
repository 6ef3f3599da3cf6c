import { sql } from 'kysely';
import { engineOf } from './engine/adapter.ts';
import type { Db, Tx } from './schema.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** The first Monday after 1970 began. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** Weeks that have a partition before they begin. */
const WEEKS_AHEAD = 4;
/** So many readings of the default partition can be moved at once. */
const MAX_MOVED = 100_000;
/** Whoever reads or stores waits for these locks as well. */
const LOCK_TIMEOUT = sql`set local lock_timeout = '500ms'`;

/** Readings measured from `fromMs` to before `toMs`. */
export interface ReadingPartition {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** SQLite has one table, without partitions. */
export function hasPartitions(db: Db): boolean {
  return engineOf(db).engine === 'postgres';
}

/** In order, without the default one. The first has no beginning, and the last an end. */
export async function readingPartitions(db: Db): Promise<ReadingPartition[]> {
  const { rows } = await sql<{ name: string; bounds: string }>`
    select relname as name, pg_get_expr(relpartbound, oid) as bounds
    from pg_inherits join pg_class on oid = inhrelid
    where inhparent = 'readings'::regclass`.execute(db);
  return rows
    .flatMap(({ name, bounds }) => {
      const [, from, to] = /FROM \('?(-?\d+|MINVALUE)'?\) TO \('?(-?\d+)'?\)/.exec(bounds) ?? [];
      if (from === undefined || to === undefined) return [];
      const fromMs = from === 'MINVALUE' ? -Infinity : Number(from);
      return [{ name, fromMs, toMs: Number(to) }];
    })
    .toSorted((a, b) => a.fromMs - b.fromMs);
}

/** Makes the partitions of the coming weeks that are not there; answers their names. */
export async function addReadingPartitions(tx: Tx, nowMs: number): Promise<string[]> {
  await LOCK_TIMEOUT.execute(tx);
  const added: string[] = [];
  const thisWeekMs = FIRST_MONDAY_MS + Math.floor((nowMs - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS;
  const endMs = thisWeekMs + (1 + WEEKS_AHEAD) * WEEK_MS;
  let fromMs = (await readingPartitions(tx)).at(-1)?.toMs ?? thisWeekMs;
  while (fromMs < endMs) {
    // A hub that was off for years makes one partition of them.
    const toMs = fromMs < thisWeekMs ? thisWeekMs : fromMs + WEEK_MS;
    const name = `readings_${new Date(fromMs).toISOString().slice(0, 10).replaceAll('-', '_')}`;
    if (await addPartition(tx, { name, fromMs, toMs })) added.push(name);
    fromMs = toMs;
  }
  return added;
}

/**
 * Made beside the table and attached then: so nobody who reads or stores waits for it. What
 * the default partition has of its time moves; if that is more than moves at once, it stays
 * there.
 */
async function addPartition(tx: Tx, { name, fromMs, toMs }: ReadingPartition): Promise<boolean> {
  const inDefault = sql`from readings_default
    where measured_at >= ${fromMs} and measured_at < ${toMs}`;
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (select 1 ${inDefault} limit ${MAX_MOVED + 1}) as found`.execute(
    tx,
  );
  if ((rows[0]?.count ?? 0) > MAX_MOVED) return false;
  const table = sql.id(name);
  await sql`create table ${table} (like readings including defaults)`.execute(tx);
  await sql`alter table ${table} add primary key (property_key, boot, seq)`.execute(tx);
  await sql`with moved as (delete ${inDefault} returning *)
    insert into ${table} select * from moved`.execute(tx);
  await sql`alter table readings attach partition ${table}
    for values from (${sql.lit(fromMs)}) to (${sql.lit(toMs)})`.execute(tx);
  return true;
}

/** Readings that have no partition of their time, counted up to `limit`. */
export async function countInDefaultPartition(db: Db, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (select 1 from readings_default limit ${limit}) as found`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}

/**
 * Drops the readings of partitions that end no later than `beforeMs`; answers their names.
 * The first one stays, empty, for all times before the second.
 */
export async function dropReadingPartitions(tx: Tx, beforeMs: number): Promise<string[]> {
  await LOCK_TIMEOUT.execute(tx);
  const over = (await readingPartitions(tx)).filter(({ toMs }) => toMs <= beforeMs);
  const [first, ...others] = over;
  if (!first) return [];
  const endMs = (others.at(-1) ?? first).toMs;
  if (others.length === 0 && (await isEmpty(tx, first.name))) return [];
  for (const { name } of over) {
    await sql`alter table readings detach partition ${sql.id(name)}`.execute(tx);
  }
  for (const { name } of others) await sql`drop table ${sql.id(name)}`.execute(tx);
  await sql`truncate ${sql.id(first.name)}`.execute(tx);
  await sql`alter table readings attach partition ${sql.id(first.name)}
    for values from (minvalue) to (${sql.lit(endMs)})`.execute(tx);
  return over.map(({ name }) => name);
}

async function isEmpty(tx: Tx, name: string): Promise<boolean> {
  const { rows } = await sql`select 1 from ${sql.id(name)} limit 1`.execute(tx);
  return rows.length === 0;
}
