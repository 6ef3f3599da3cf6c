import { type RawBuilder, type Selectable, sql } from 'kysely';
import { AppError } from '#protocol/errors.ts';
import type { UnitView } from '#protocol/http/units.ts';
import type { Epoch, SiteId, UnitId } from '#protocol/ids.ts';
import { PropertyState } from '#protocol/reading.ts';
import { ScalarValue } from '#protocol/thing/data-schema.ts';
import { inChunks } from '#platform/in-chunks.ts';
import { fromJsonColumn } from './json-column.ts';
import { prepared } from './engine/prepared.ts';
import type { ReadableRows, Reading } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { PropertiesTable } from './schema/units.ts';

export type Reported = UnitView['reported'];

/** Units per query, well below SQLite's limit of parameters. */
const CHUNK = 500;

/** Latest values by unit key. */
export async function reportedOf(
  db: Db,
  readable: ReadableRows,
  unitKeys: readonly number[],
): Promise<Map<number, Reported>> {
  const found = new Map<number, Reported>();
  for (const some of inChunks(unitKeys, CHUNK)) {
    const rows = await db
      .selectFrom('properties')
      .select(['unit_key', 'name', 'value', 'measured_at', 'received_at', 'clock'])
      .where('unit_key', 'in', some)
      .execute();
    for (const row of rows) {
      const state = readable.one(row, STATE);
      if (!state) continue;
      const reported = found.get(row.unit_key) ?? {};
      reported[row.name] = state;
      found.set(row.unit_key, reported);
    }
  }
  return found;
}

const reportedByUnit = prepared<{ readonly unitKey: number }>()((db, slot) =>
  db
    .selectFrom('properties')
    .select(['unit_key', 'name', 'value', 'measured_at', 'received_at', 'clock'])
    .where('unit_key', '=', slot('unitKey')),
);

export async function reportedOfUnit(
  db: Db,
  readable: ReadableRows,
  unitKey: number,
): Promise<Reported> {
  const rows = await reportedByUnit.rows(db, { unitKey });
  return Object.fromEntries(
    rows.flatMap((row) => {
      const state = readable.one(row, STATE);
      return state ? [[row.name, state]] : [];
    }),
  );
}

type StateRow = Pick<
  Selectable<PropertiesTable>,
  'unit_key' | 'name' | 'value' | 'measured_at' | 'received_at' | 'clock'
>;

const STATE: Reading<StateRow, typeof PropertyState> = {
  what: 'property',
  idOf: (row) => `${row.unit_key} ${row.name}`,
  schema: PropertyState,
  make: (row) => ({
    value: fromJsonColumn(ScalarValue, row.value),
    measuredAtMs: row.measured_at,
    receivedAtMs: row.received_at,
    clock: row.clock,
  }),
};

/** The position of a report in the order of its source. */
export interface SourcePlace {
  /** The unit's own count within its boot; the answer to a command has none. */
  readonly sample: { readonly boot: number; readonly seq: number } | undefined;
  /** Its place in the base's outbox. */
  readonly epoch: Epoch;
  readonly seq: number;
  /** No report can be later than this, by the hub's present clock. */
  readonly latestMs: number;
}

/**
 * Whether a report is newer than the value in force. Times decide only if the two have no
 * count of the source in common: otherwise the values of a clock that was a minute ahead would
 * stay in force for a minute.
 */
function isNewer(latestMs: RawBuilder<number>): RawBuilder<boolean> {
  return sql<boolean>`case
    when excluded.boot = properties.boot then excluded.sample >= properties.sample
    when excluded.boot is not null and properties.boot is not null
      then excluded.reported_epoch is distinct from properties.reported_epoch
        or excluded.reported_seq >= properties.reported_seq
    else excluded.measured_at >= properties.measured_at
      or properties.measured_at > ${latestMs} end`;
}

type ReportedPut = Omit<
  PropertiesTable,
  'key' | 'readings_rev' | 'rolled_up_from' | 'top_boot' | 'top_seq' | 'top_seq_before'
> & {
  readonly readings_rev: number;
  readonly latest_ms: number;
};

const reportedPut = prepared<ReportedPut>()((db, slot) => {
  const newer = (): RawBuilder<boolean> => isNewer(slot('latest_ms'));
  const either = <K extends keyof PropertiesTable>(column: K) =>
    sql<
      PropertiesTable[K]
    >`case when ${newer()} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`properties.${column}`)} end`;
  return db
    .insertInto('properties')
    .values({
      unit_key: slot('unit_key'),
      name: slot('name'),
      value: slot('value'),
      measured_at: slot('measured_at'),
      received_at: slot('received_at'),
      clock: slot('clock'),
      boot: slot('boot'),
      sample: slot('sample'),
      reported_epoch: slot('reported_epoch'),
      reported_seq: slot('reported_seq'),
      readings_rev: slot('readings_rev'),
      top_boot: slot('boot'),
      top_seq: slot('sample'),
      // Of a property that is new nothing is stored.
      top_seq_before: -1,
    })
    .onConflict((conflict) =>
      conflict.columns(['unit_key', 'name']).doUpdateSet({
        // A backlog that arrives after live values must not look like news.
        value: either('value'),
        clock: either('clock'),
        received_at: either('received_at'),
        measured_at: either('measured_at'),
        boot: either('boot'),
        sample: either('sample'),
        reported_epoch: either('reported_epoch'),
        reported_seq: either('reported_seq'),
        readings_rev: sql`excluded.readings_rev`,
        top_seq_before: sql`case when properties.top_boot = excluded.top_boot
          then properties.top_seq end`,
        top_seq: sql`case when excluded.top_boot is null
          or (properties.top_boot = excluded.top_boot and properties.top_seq > excluded.top_seq)
          then properties.top_seq else excluded.top_seq end`,
        top_boot: sql`coalesce(excluded.top_boot, properties.top_boot)`,
      }),
    );
});

/**
 * Read by a second query: `returning` sets up a temporary table for one row, which takes
 * longer than both.
 */
const placeInForce = prepared<{ readonly unitKey: number; readonly name: string }>()((db, slot) =>
  db
    .selectFrom('properties')
    .select(['key', 'boot', 'sample', 'reported_epoch', 'reported_seq', 'top_seq_before'])
    .where('unit_key', '=', slot('unitKey'))
    .where('name', '=', slot('name')),
);

export interface PutReported {
  readonly key: number;
  readonly isInForce: boolean;
  /** No reading of the same boot that was stored before has a higher number; null: not known. */
  readonly topSeqBefore: number | null;
}

/** Ensures that a property has a row, and keeps the newer value. */
export async function putReported(
  tx: Tx,
  property: { readonly unitKey: number; readonly name: string },
  state: PropertyState & { readonly place: SourcePlace; readonly readings: number },
): Promise<PutReported> {
  const { sample, epoch, seq, latestMs } = state.place;
  await reportedPut.run(tx, {
    unit_key: property.unitKey,
    name: property.name,
    value: JSON.stringify(state.value),
    measured_at: state.measuredAtMs,
    received_at: state.receivedAtMs,
    clock: state.clock,
    boot: sample?.boot ?? null,
    sample: sample?.seq ?? null,
    reported_epoch: epoch,
    reported_seq: seq,
    readings_rev: state.readings,
    latest_ms: latestMs,
  });
  const row = await placeInForce.first(tx, property);
  if (!row) throw new AppError('internal');
  const isInForce =
    row.boot === (sample?.boot ?? null) &&
    row.sample === (sample?.seq ?? null) &&
    row.reported_epoch === epoch &&
    row.reported_seq === seq;
  return { key: row.key, isInForce, topSeqBefore: row.top_seq_before };
}

/** Units of a site whose values were stored after a position of its readings. */
export async function unitsPutAfter(
  db: Db,
  siteId: SiteId,
  after: { readonly readings: number; readonly limit: number },
): Promise<UnitId[]> {
  const rows = await db
    .selectFrom('units')
    .innerJoin('properties', 'properties.unit_key', 'units.key')
    .select('units.id')
    .distinct()
    .where('units.site_id', '=', siteId)
    .where('properties.readings_rev', '>', after.readings)
    .limit(after.limit)
    .execute();
  return rows.map(({ id }) => id);
}

const valueByName = prepared<{ readonly unitKey: number; readonly name: string }>()((db, slot) =>
  db
    .selectFrom('properties')
    .select('value')
    .where('unit_key', '=', slot('unitKey'))
    .where('name', '=', slot('name')),
);

/** The value in force, as JSON. */
export async function reportedValue(
  db: Db,
  property: { readonly unitKey: number; readonly name: string },
): Promise<string | undefined> {
  return (await valueByName.first(db, property))?.value;
}

/** A property of a unit that has or had a value. */
export async function storedProperty(
  db: Db,
  unitKey: number,
  name: string,
): Promise<{ readonly key: number; readonly rolledUpFromMs: number } | undefined> {
  const row = await db
    .selectFrom('properties')
    .select(['key', 'rolled_up_from'])
    .where('unit_key', '=', unitKey)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && { key: row.key, rolledUpFromMs: row.rolled_up_from };
}

/**
 * Detaches from a unit the values and readings that its description does not name, except
 * those reported last. The sweeper of orphaned readings removes them.
 */
export async function dropUnnamed(
  tx: Tx,
  unitKey: number,
  bounds: { readonly named: readonly string[]; readonly keep: number },
): Promise<void> {
  const rows = await tx
    .selectFrom('properties')
    .select(['key', 'name'])
    .where('unit_key', '=', unitKey)
    .orderBy('received_at', 'desc')
    .execute();
  const named = new Set(bounds.named);
  const surplus = rows.filter(({ name }) => !named.has(name)).slice(bounds.keep);
  for (const { key } of surplus) {
    // No unit has a negative key.
    await tx.updateTable('properties').set({ unit_key: -key }).where('key', '=', key).execute();
  }
}

/** The names of the properties that a unit has values of. */
export async function propertyNamesOf(db: Db, unitKey: number): Promise<Set<string>> {
  const rows = await db
    .selectFrom('properties')
    .select('name')
    .where('unit_key', '=', unitKey)
    .execute();
  return new Set(rows.map(({ name }) => name));
}
