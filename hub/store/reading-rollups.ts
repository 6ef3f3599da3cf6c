import { sql } from 'kysely';
import { z } from 'zod';
import { engineOf } from './engine/adapter.ts';
import { HOUR_MS, hourOf } from './dirty-hours.ts';
import { prepared } from './engine/prepared.ts';
import type { ReadQueries, ReadTurn } from './engine/read-queries.ts';
import type { Bucket } from './readings.ts';
import type { Tx } from './schema.ts';

/** What readings are rolled up to; the name says what a row of it spans. */
export type RollUp = 'reading_minutes' | 'reading_hours';
export const ROLL_UP_MS: Readonly<Record<RollUp, number>> = {
  reading_minutes: 60_000,
  reading_hours: HOUR_MS,
};

/** Readings of a property in one bucket of a roll-up. */
export interface RolledUp extends Bucket {
  readonly propertyKey: number;
}

const COLUMNS = {
  property_key: 'bigint',
  at: 'bigint',
  count: 'bigint',
  min: 'float8',
  max: 'float8',
  mean: 'float8',
  last: 'float8',
  last_at: 'bigint',
} as const;

/** `replace` by what is newer, `keep` what is there, `merge` what comes in addition. */
type OnConflict = 'replace' | 'keep' | 'merge';

/** The mean of both lies between them; the limits are those of floating point. */
const MERGED = (table: RollUp): string => {
  const count = `(${table}.count + excluded.count)`;
  const mean = `${table}.mean * (${table}.count * 1.0 / ${count})
    + excluded.mean * (excluded.count * 1.0 / ${count})`;
  const low = `case when ${table}.mean < excluded.mean then ${table}.mean else excluded.mean end`;
  const high = `case when ${table}.mean < excluded.mean then excluded.mean else ${table}.mean end`;
  return `count = ${count},
    min = case when excluded.min < ${table}.min then excluded.min else ${table}.min end,
    max = case when excluded.max > ${table}.max then excluded.max else ${table}.max end,
    mean = case when ${mean} < ${low} then ${low} when ${mean} > ${high} then ${high}
      else ${mean} end,
    last = case when excluded.last_at >= ${table}.last_at then excluded.last
      else ${table}.last end,
    last_at = case when excluded.last_at > ${table}.last_at then excluded.last_at
      else ${table}.last_at end`;
};

const onConflict: Readonly<Record<OnConflict, (table: RollUp) => string>> = {
  keep: () => 'do nothing',
  replace: () => `do update set count = excluded.count, min = excluded.min, max = excluded.max,
    mean = excluded.mean, last = excluded.last, last_at = excluded.last_at`,
  merge: (table) => `do update set ${MERGED(table)}`,
};

const putInto = (table: RollUp, how: OnConflict) =>
  prepared<Readonly<Record<string, unknown>>>()((db, slot) => ({
    compile: () =>
      sql`
      insert into ${sql.raw(table)} (property_key, at, count, min, max, mean, last, last_at)
      select property_key, at, count, min, max, mean, last, last_at
      from ${engineOf(db).dialect.list(COLUMNS, slot)} as fresh
      where true order by property_key, at
      on conflict (property_key, at) ${sql.raw(onConflict[how](table))}`.compile(db),
  }));

const puts = {
  reading_minutes: {
    replace: putInto('reading_minutes', 'replace'),
    keep: putInto('reading_minutes', 'keep'),
    merge: putInto('reading_minutes', 'merge'),
  },
  reading_hours: {
    replace: putInto('reading_hours', 'replace'),
    keep: putInto('reading_hours', 'keep'),
    merge: putInto('reading_hours', 'merge'),
  },
} as const;

export async function putRollUps(
  tx: Tx,
  table: RollUp,
  put: { readonly rows: readonly RolledUp[]; readonly how: OnConflict },
): Promise<void> {
  if (put.rows.length === 0) return;
  const rows = put.rows.map((row) => [
    ...[row.propertyKey, row.at, row.count, row.min, row.max, row.mean, row.last, row.lastAtMs],
  ]);
  await puts[table][put.how].run(tx, engineOf(tx).dialect.packed(COLUMNS, rows));
}

const RolledUpRow = z
  .object({
    at: z.number(),
    count: z.number(),
    min: z.number(),
    max: z.number(),
    mean: z.number(),
    last: z.number(),
    last_at: z.number(),
    last_row: z.number(),
    merged: z.number(),
  })
  .transform(({ last_at: lastAtMs, last_row: lastRow, merged, ...bucket }) => {
    return { bucket: { ...bucket, lastAtMs } satisfies Bucket, lastRow, merged };
  });

export interface RollUpRange {
  readonly propertyKey: number;
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly limit: number;
}

/** Whether a roll-up has any row that begins in a range. */
export async function hasRollUps(
  reader: ReadQueries,
  table: RollUp,
  { range, turn }: { readonly range: RollUpRange; readonly turn: ReadTurn },
): Promise<boolean> {
  const rows = await reader.rows(
    z.object({ at: z.number() }),
    sql`
    select at from ${sql.raw(table)}
    where property_key = ${range.propertyKey} and at >= ${range.fromMs} and at < ${range.toMs}
    limit 1`,
    turn,
  );
  return rows.length > 0;
}

/**
 * The beginning of a range in buckets, made of at most `limit` rows of a roll-up. The last
 * bucket may go on in the next slice.
 */
export async function rollUpSlice(
  reader: ReadQueries,
  table: RollUp,
  {
    range,
    bucketMs,
    turn,
  }: { readonly range: RollUpRange; readonly bucketMs: number; readonly turn: ReadTurn },
): Promise<{ readonly toMs: number; readonly buckets: readonly Bucket[] }> {
  const { least, greatest } = reader.dialect;
  const span = sql`cast(${bucketMs} as bigint)`;
  // Against sums that are greater than a number can be. A power of two costs no digit.
  const scale = sql.raw('4294967296.0');
  const scaled = sql<number>`sum(mean / ${scale} * kept.count) / sum(kept.count)`;
  const low = sql<number>`min(kept.min) / ${scale}`;
  const high = sql<number>`max(kept.max) / ${scale}`;
  const rows = await reader.rows(
    RolledUpRow,
    sql`
    with kept as (
      select at, count, min, max, mean, last_at from ${sql.raw(table)}
      where property_key = ${range.propertyKey} and at >= ${range.fromMs} and at < ${range.toMs}
      order by at limit ${range.limit}),
    buckets as (
      select at / ${span} * ${span} as bucket, sum(kept.count) as count, min(kept.min) as min,
        max(kept.max) as max, ${least(greatest(scaled, low), high)} * ${scale} as mean,
        max(at) as last_row, max(last_at) as last_at, count(*) as merged
      from kept group by 1)
    select bucket as at, buckets.count, buckets.min, buckets.max, buckets.mean, (
        select last from ${sql.raw(table)}
        where property_key = ${range.propertyKey} and at = last_row) as last,
      last_at, last_row, merged
    from buckets order by bucket`,
    turn,
  );
  const merged = rows.reduce((sum, row) => sum + row.merged, 0);
  const lastRow = rows.at(-1)?.lastRow;
  const isWhole = merged < range.limit || lastRow === undefined;
  return {
    toMs: isWhole ? range.toMs : lastRow + ROLL_UP_MS[table],
    buckets: rows.map(({ bucket }) => bucket),
  };
}

/** A property whose older readings were stored before there were roll-ups. */
export interface Unrolled {
  readonly propertyKey: number;
  /** What was measured from here on is rolled up, or its hour is marked. */
  readonly rolledUpFromMs: number;
}

/**
 * Some property that has older readings to be rolled up, and from where about the last
 * `limit` of these are; 0: from the beginning.
 */
export async function nextUnrolled(
  reader: ReadQueries,
  { limit, turn }: { readonly limit: number; readonly turn: ReadTurn },
): Promise<(Unrolled & { readonly fromMs: number }) | undefined> {
  const [row] = await reader.rows(
    z.object({ key: z.number(), rolled_up_from: z.number(), at: z.number().nullable() }),
    sql`
    select key, rolled_up_from, (
      select measured_at from readings
      where property_key = properties.key and measured_at < rolled_up_from
      order by measured_at desc limit 1 offset ${limit}) as at
    from properties where rolled_up_from > 0 limit 1`,
    turn,
  );
  if (!row) return undefined;
  // Of the hour at the edge, all.
  const fromMs = row.at === null ? 0 : hourOf(row.at);
  return { propertyKey: row.key, rolledUpFromMs: row.rolled_up_from, fromMs };
}

/** Notes how far the older readings are rolled up; does nothing where another hub has done it. */
export async function moveRolledUpFrom(
  tx: Tx,
  { propertyKey, rolledUpFromMs }: Unrolled,
  toMs: number,
): Promise<void> {
  await tx
    .updateTable('properties')
    .set({ rolled_up_from: toMs })
    .where('key', '=', propertyKey)
    .where('rolled_up_from', '=', rolledUpFromMs)
    .execute();
}
