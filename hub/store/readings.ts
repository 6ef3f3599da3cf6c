import { sql } from 'kysely';
import type { Db, ReadingsTable, Tx } from './schema.ts';

/** Stores readings, each once by (property, boot, seq); answers how many were new. */
export async function insertReadings(tx: Tx, rows: readonly ReadingsTable[]): Promise<number> {
  if (rows.length === 0) return 0;
  // One statement whatever the number of rows, so that it is prepared once.
  const packed = JSON.stringify(
    rows.map((row) => [
      row.property_key,
      row.boot,
      row.seq,
      row.measured_at,
      row.received_at,
      row.value,
      row.clock,
    ]),
  );
  const result = await sql`
    insert into readings (property_key, boot, seq, measured_at, received_at, value, clock)
    select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
    from json_each(${packed}) where true
    on conflict do nothing`.execute(tx);
  return Number(result.numAffectedRows ?? 0n);
}

export interface HistoryRange {
  readonly propertyKey: number;
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly limit: number;
}

export interface RawPoint {
  readonly measured_at: number;
  readonly value: number;
}

export async function rawHistory(db: Db, range: HistoryRange): Promise<RawPoint[]> {
  return await db
    .selectFrom('readings')
    .select(['measured_at', 'value'])
    .where('property_key', '=', range.propertyKey)
    .where('measured_at', '>=', range.fromMs)
    .where('measured_at', '<', range.toMs)
    .orderBy('measured_at')
    .limit(range.limit)
    .execute();
}

export interface Bucket {
  readonly at: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly last: number;
  readonly count: number;
}

/** Buckets are aligned to multiples of their span since 1970. */
export async function bucketHistory(
  db: Db,
  range: HistoryRange & { readonly bucketMs: number },
): Promise<Bucket[]> {
  // Numbers are bound as floating point: without the cast the division would keep fractions.
  const span = sql`cast(${range.bucketMs} as integer)`;
  const { rows } = await sql<Bucket>`
    with buckets as (
      select measured_at / ${span} * ${span} as at, min(value) as min, max(value) as max,
        avg(value) as mean, count(*) as count, max(measured_at) as last_at
      from readings
      where property_key = ${range.propertyKey}
        and measured_at >= ${range.fromMs} and measured_at < ${range.toMs}
      group by 1 order by 1 limit ${range.limit})
    select at, min, max, mean, count, (
      select value from readings
      where property_key = ${range.propertyKey} and measured_at = buckets.last_at
      order by seq desc limit 1) as last
    from buckets order by at`.execute(db);
  return rows;
}

/** How many readings there are in a range, counted up to `limit`. */
export async function countReadings(db: Db, range: HistoryRange): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (
      select 1 from readings where property_key = ${range.propertyKey}
        and measured_at >= ${range.fromMs} and measured_at < ${range.toMs}
      limit ${range.limit})`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Takes away readings of units that are gone, a bounded number; answers how many. */
export async function dropOrphans(tx: Tx, limit: number): Promise<number> {
  const orphan = await tx
    .selectFrom('properties')
    .select('key')
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('units')
            .select('units.key')
            .whereRef('units.key', '=', 'properties.unit_key'),
        ),
      ),
    )
    .limit(1)
    .executeTakeFirst();
  if (!orphan) return 0;
  const result = await sql`
    delete from readings where (property_key, boot, seq) in (
      select property_key, boot, seq from readings
      where property_key = ${orphan.key} limit ${limit})`.execute(tx);
  const dropped = Number(result.numAffectedRows ?? 0n);
  if (dropped < limit) await tx.deleteFrom('properties').where('key', '=', orphan.key).execute();
  return dropped + 1;
}
