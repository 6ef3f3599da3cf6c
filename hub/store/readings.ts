import { sql } from 'kysely';
import { z } from 'zod';
import type { QueryThread } from './query-thread.ts';
import type { ReadingsTable, Tx } from './schema.ts';

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

const RawPoint = z.object({ measured_at: z.number(), value: z.number() });

export async function rawHistory(
  reader: QueryThread,
  range: HistoryRange,
): Promise<z.infer<typeof RawPoint>[]> {
  return await reader.rows(
    RawPoint,
    sql`
    select measured_at, value from readings
    where property_key = ${range.propertyKey}
      and measured_at >= ${range.fromMs} and measured_at < ${range.toMs}
    order by measured_at limit ${range.limit}`,
  );
}

const Bucket = z.object({
  at: z.number(),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  last: z.number(),
  count: z.number(),
});

/** Buckets are aligned to multiples of their span since 1970. */
export async function bucketHistory(
  reader: QueryThread,
  range: HistoryRange & { readonly bucketMs: number },
): Promise<z.infer<typeof Bucket>[]> {
  // Numbers are bound as floating point: without the cast the division would keep fractions.
  const span = sql`cast(${range.bucketMs} as integer)`;
  return await reader.rows(
    Bucket,
    sql`
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
    from buckets order by at`,
  );
}

/** How many readings there are in a range, counted up to `limit`. */
export async function countReadings(reader: QueryThread, range: HistoryRange): Promise<number> {
  const [row] = await reader.rows(
    z.object({ count: z.number() }),
    sql`
    select count(*) as count from (
      select 1 from readings where property_key = ${range.propertyKey}
        and measured_at >= ${range.fromMs} and measured_at < ${range.toMs}
      limit ${range.limit})`,
  );
  return row?.count ?? 0;
}

const Line = z.object({ line: z.number(), points: z.string() });

/** Means of spans of time for many properties at once; `points` is JSON: `[[at, mean], ...]`. */
export async function meansOf(
  reader: QueryThread,
  properties: readonly { readonly unitId: string; readonly name: string }[],
  spans: { readonly fromMs: number; readonly toMs: number; readonly bucketMs: number },
): Promise<z.infer<typeof Line>[]> {
  const wanted = JSON.stringify(properties.map(({ unitId, name }) => [unitId, name]));
  const span = sql`cast(${spans.bucketMs} as integer)`;
  // `cross join` keeps the order of the tables: from what is wanted to what was measured.
  return await reader.rows(
    Line,
    sql`
    with means as (
      select wanted.key as line, readings.measured_at / ${span} * ${span} as at,
        avg(readings.value) as mean
      from json_each(${wanted}) as wanted
      cross join units on units.id = wanted.value ->> 0
      cross join properties
        on properties.unit_key = units.key and properties.name = wanted.value ->> 1
      cross join readings on readings.property_key = properties.key
        and readings.measured_at >= ${spans.fromMs} and readings.measured_at < ${spans.toMs}
      group by 1, 2)
    select line, json_group_array(json_array(at, mean) order by at) as points
    from means group by line`,
  );
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
