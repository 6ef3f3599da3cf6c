import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { ClockQuality } from '#protocol/reading.ts';
import type { ReadQueries, ReadTurn } from './engine/read-queries.ts';
import { engineOf, listOf, type SqlDialect } from './engine/adapter.ts';
import { prepared } from './engine/prepared.ts';
import type { Tx } from './schema.ts';

/** A number, or a switch. */
export interface ReadingRecord {
  readonly propertyKey: number;
  /** The unit's boot id as a number. */
  readonly boot: number;
  readonly seq: number;
  readonly measuredAtMs: number;
  readonly receivedAtMs: number;
  readonly value: number | boolean;
  readonly clock: ClockQuality;
}

const CLOCKS: Readonly<Record<ClockQuality, number>> = { synced: 0, 'free-running': 1, none: 2 };

const READING_COLUMNS = {
  property_key: 'bigint',
  boot: 'bigint',
  seq: 'bigint',
  measured_at: 'bigint',
  received_at: 'bigint',
  value: 'float8',
  clock: 'bigint',
} as const;

/** One statement whatever the number of rows, so that it is prepared once. */
const insertedReadings = prepared<Readonly<Record<string, unknown>>>()((db, slot) => ({
  compile: () =>
    sql`
    insert into readings (property_key, boot, seq, measured_at, received_at, value, clock)
    select property_key, boot, seq, measured_at, received_at, value, clock
    from ${engineOf(db).dialect.list(READING_COLUMNS, slot)} as fresh where true
    on conflict do nothing`.compile(db),
}));

/** Readings of one property and boot, which are stored together. */
export interface ReadingGroup {
  readonly propertyKey: number;
  readonly boot: number;
  /** No reading that was stored before has a higher number; null: not known. */
  readonly topSeqBefore: number | null;
  readonly readings: readonly ReadingRecord[];
}

/** Stores readings, each once by (property, boot, seq). */
export async function insertReadings(tx: Tx, groups: readonly ReadingGroup[]): Promise<void> {
  const { engine, dialect } = engineOf(tx);
  const readings: ReadingRecord[] = [];
  for (const group of groups) {
    // The keys of PostgreSQL's partitions hold within each of them only.
    const isKey = engine === 'sqlite';
    readings.push(...(isKey ? group.readings : await withoutStored(tx, group)));
  }
  if (readings.length === 0) return;
  const rows = readings.map((reading) => [
    reading.propertyKey,
    reading.boot,
    reading.seq,
    reading.measuredAtMs,
    reading.receivedAtMs,
    Number(reading.value),
    CLOCKS[reading.clock],
  ]);
  await insertedReadings.run(tx, dialect.packed(READING_COLUMNS, rows));
}

const storedSeqs = prepared<{
  readonly propertyKey: number;
  readonly boot: number;
  readonly fromSeq: number;
  readonly toSeq: number;
}>()((db, slot) =>
  db
    .selectFrom('readings')
    .select('seq')
    .where('property_key', '=', slot('propertyKey'))
    .where('boot', '=', slot('boot'))
    .where('seq', '>=', slot('fromSeq'))
    .where('seq', '<=', slot('toSeq')),
);

/**
 * Those that are stored in no partition. A base counts on, so what is new has a number above
 * all others, and only a backlog has to be looked for.
 */
async function withoutStored(tx: Tx, group: ReadingGroup): Promise<readonly ReadingRecord[]> {
  const { propertyKey, boot, topSeqBefore, readings } = group;
  const seqs = readings.map(({ seq }) => seq);
  const [fromSeq, toSeq] = [Math.min(...seqs), Math.max(...seqs)];
  if (topSeqBefore !== null && fromSeq > topSeqBefore) return readings;
  if (topSeqBefore === null) await noteTopSeq(tx, group);
  const rows = await storedSeqs.rows(tx, { propertyKey, boot, fromSeq, toSeq });
  const stored = new Set(rows.map(({ seq }) => seq));
  return readings.filter(({ seq }) => !stored.has(seq));
}

/** After another boot: the numbers of this one may have been higher before. */
async function noteTopSeq(tx: Tx, { propertyKey, boot }: ReadingGroup): Promise<void> {
  const { top } = await tx
    .selectFrom('readings')
    .select(({ fn }) => fn.max<number | null>('seq').as('top'))
    .where('property_key', '=', propertyKey)
    .where('boot', '=', boot)
    .executeTakeFirstOrThrow();
  if (top === null) return;
  await tx
    .updateTable('properties')
    .set({ top_seq: top })
    .where('key', '=', propertyKey)
    .where('top_seq', '<', top)
    .execute();
}

export interface HistoryRange {
  readonly propertyKey: number;
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly limit: number;
}

const RawPoint = z
  .object({ at_ms: z.number(), value: z.number() })
  .transform(({ at_ms: atMs, value }) => ({ atMs, value }));

/**
 * Readings whose value is a number that JSON can carry. What else may stand in a damaged
 * file stays out: text sorts after every number, and so does infinity.
 */
const FINITE = sql`value between ${-Number.MAX_VALUE} and ${Number.MAX_VALUE}`;

/**
 * The mean of the values of a group, which lies between them. With values near the
 * greatest there are, their plain sum would be infinite, and PostgreSQL's `avg` fails on
 * their squares. A power of two costs no digit.
 */
function mean({ least, greatest }: SqlDialect): RawBuilder<number> {
  const scale = sql.raw('4294967296.0');
  const [low, high] = [sql<number>`min(value)`, sql<number>`max(value)`];
  const scaled = sql<number>`sum(value / ${scale}) / count(*)`;
  // Within its bounds before it is scaled back: PostgreSQL fails beyond the greatest number.
  const bounded = least(
    greatest(scaled, sql<number>`${low} / ${scale}`),
    sql<number>`${high} / ${scale}`,
  );
  return least(greatest(sql<number>`${bounded} * ${scale}`, low), high);
}

/** Readings of one moment that are looked at: more are no measurement. */
const MAX_PER_MOMENT = 1_000;

export async function rawHistory(
  reader: ReadQueries,
  range: HistoryRange,
  turn: ReadTurn,
): Promise<z.output<typeof RawPoint>[]> {
  return await reader.rows(
    RawPoint,
    sql`
    select measured_at as at_ms, value from readings
    where property_key = ${range.propertyKey}
      and measured_at >= ${range.fromMs} and measured_at < ${range.toMs} and ${FINITE}
    order by measured_at limit ${range.limit}`,
    turn,
  );
}

/** Readings of a span of time. */
export interface Bucket {
  readonly at: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly last: number;
  readonly lastAtMs: number;
  readonly count: number;
}

/** A slice without readings has one row, without a bucket. */
const BucketRow = z.union([
  z.object({
    to_ms: z.number(),
    at: z.number(),
    min: z.number(),
    max: z.number(),
    mean: z.number(),
    last: z.number(),
    last_at: z.number(),
    count: z.number(),
  }),
  z.object({ to_ms: z.number(), at: z.null() }),
]);

export interface HistorySlice {
  /** What was measured before this and since the beginning of the range is in the buckets. */
  readonly toMs: number;
  readonly buckets: Bucket[];
  readonly durationMs: number;
}

/**
 * The beginning of a range in buckets: as much of it as has about `limit` readings, so
 * that it takes a bounded time whatever the range. The last bucket may go on in the next
 * slice. Buckets are aligned to multiples of their span since 1970.
 */
export async function bucketSlice(
  reader: ReadQueries,
  range: HistoryRange & { readonly bucketMs: number },
  turn: ReadTurn,
): Promise<HistorySlice> {
  const { propertyKey, fromMs, toMs, limit } = range;
  const { greatest, thenJoin } = reader.dialect;
  // Numbers are bound as floating point: without the cast the division would keep fractions.
  const span = sql`cast(${range.bucketMs} as bigint)`;
  const { rows, durationMs } = await reader.timed(
    BucketRow,
    sql`
    with edge as (
      select coalesce((
        select ${greatest(sql`measured_at`, sql`cast(${fromMs} as bigint) + 1`)} from readings
        where property_key = ${propertyKey}
          and measured_at >= ${fromMs} and measured_at < ${toMs}
        order by measured_at limit 1 offset ${limit}), cast(${toMs} as bigint)) as to_ms),
    measured as (
      select readings.measured_at, readings.value from edge ${thenJoin} readings
        on property_key = ${propertyKey}
        and measured_at >= ${fromMs} and measured_at < edge.to_ms and ${FINITE}
      limit ${limit}),
    buckets as (
      select measured_at / ${span} * ${span} as at, min(value) as min, max(value) as max,
        ${mean(reader.dialect)} as mean, count(*) as count, max(measured_at) as last_at
      from measured group by 1)
    select edge.to_ms, buckets.at, buckets.min, buckets.max, buckets.mean, buckets.count,
      buckets.last_at, (
        select value from (
          select value, seq from readings
          where property_key = ${propertyKey} and measured_at = buckets.last_at and ${FINITE}
          limit ${MAX_PER_MOMENT}) as moment
        order by seq desc limit 1) as last
    from edge left join buckets on true order by buckets.at`,
    turn,
  );
  return {
    toMs: rows[0]?.to_ms ?? toMs,
    buckets: rows.flatMap((row) => (row.at === null ? [] : [bucketOf(row)])),
    durationMs,
  };
}

function bucketOf(row: Extract<z.infer<typeof BucketRow>, { at: number }>): Bucket {
  const { at, min, max, mean, last, last_at: lastAtMs, count } = row;
  return { at, min, max, mean, last, lastAtMs, count };
}

/** How many readings there are in a range, counted up to `limit`. */
export async function countReadings(
  reader: ReadQueries,
  range: HistoryRange,
  turn: ReadTurn,
): Promise<number> {
  const [row] = await reader.rows(
    z.object({ count: z.number() }),
    sql`
    select count(*) as count from (
      select 1 from readings where property_key = ${range.propertyKey}
        and measured_at >= ${range.fromMs} and measured_at < ${range.toMs}
      limit ${range.limit}) as counted`,
    turn,
  );
  return row?.count ?? 0;
}

/** What is still wanted of a property: readings from `fromMs` to before `toMs`. */
export interface WantedLine {
  readonly unitId: string;
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const LINE_COLUMNS = {
  unit_id: 'text',
  name: 'text',
  from_ms: 'bigint',
  to_ms: 'bigint',
} as const;

const MeanRow = z.object({
  line: z.number(),
  from_ms: z.number(),
  at: z.number().nullable(),
  mean: z.number().nullable(),
  count: z.int().nullable(),
});

/** The end of a line's range: means of all that was measured since `fromMs`. */
export interface MeansSlice {
  readonly fromMs: number;
  readonly means: { readonly at: number; readonly mean: number; readonly count: number }[];
}

/**
 * Means of spans of time for several properties at once, the newest first: of each as much
 * of its range as has about `limit` readings. A property that nobody knows
 * is left out.
 */
export async function meansSlices(
  reader: ReadQueries,
  wanted: {
    readonly lines: readonly WantedLine[];
    readonly bucketMs: number;
    /** Of each line. */
    readonly limit: number;
  },
  turn: ReadTurn,
): Promise<{ readonly slices: Map<number, MeansSlice>; readonly durationMs: number }> {
  const { least, thenJoin } = reader.dialect;
  const lines = listOf(
    reader.dialect,
    LINE_COLUMNS,
    wanted.lines.map(({ unitId, name, fromMs, toMs }) => [unitId, name, fromMs, toMs]),
  );
  const span = sql`cast(${wanted.bucketMs} as bigint)`;
  // From what is wanted to what was measured.
  const { rows, durationMs } = await reader.timed(
    MeanRow,
    sql`
    with wanted as materialized (
      select line.place as line, properties.key as property_key, line.from_ms, line.to_ms
      from ${lines} as line
      ${thenJoin} units on units.id = line.unit_id
      ${thenJoin} properties
        on properties.unit_key = units.key and properties.name = line.name),
    sliced as materialized (
      select line, property_key, to_ms, coalesce((
        select ${least(sql`measured_at + 1`, sql`wanted.to_ms - 1`)} from readings
        where readings.property_key = wanted.property_key
          and measured_at >= wanted.from_ms and measured_at < wanted.to_ms
        order by measured_at desc limit 1 offset ${wanted.limit}), from_ms) as from_ms
      from wanted),
    means as (
      select line, readings.measured_at / ${span} * ${span} as at,
        ${mean(reader.dialect)} as mean, count(*) as count
      from sliced ${thenJoin} readings on readings.property_key = sliced.property_key
        and readings.measured_at >= sliced.from_ms and readings.measured_at < sliced.to_ms
        and ${FINITE}
      group by 1, 2)
    select sliced.line, sliced.from_ms, means.at, means.mean, means.count
    from sliced left join means on means.line = sliced.line order by sliced.line, means.at`,
    turn,
  );
  const slices = new Map<number, MeansSlice>();
  for (const { line, from_ms: fromMs, at, mean, count } of rows) {
    const slice = slices.get(line) ?? { fromMs, means: [] };
    slices.set(line, slice);
    if (at !== null && mean !== null && count !== null) slice.means.push({ at, mean, count });
  }
  return { slices, durationMs };
}
