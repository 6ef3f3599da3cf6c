import { type RawBuilder, sql } from 'kysely';
import type { UnitView } from '#protocol/http/units.ts';
import type { CommandId } from '#protocol/ids.ts';
import { DesiredState } from '#protocol/reading.ts';
import { ScalarValue } from '#protocol/thing/data-schema.ts';
import { inChunks } from '#platform/in-chunks.ts';
import { prepared } from './engine/prepared.ts';
import { fromJsonColumn } from './json-column.ts';
import type { ReadableRows, Reading } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { DesiredTable } from './schema/units.ts';

export type Desired = UnitView['desired'];

/** Units per query, well below SQLite's limit of parameters. */
const CHUNK = 500;

const DESIRED: Reading<DesiredTable, typeof DesiredState> = {
  what: 'desired value',
  idOf: (row) => `${row.unit_key} ${row.property}`,
  schema: DesiredState,
  make: (row) => ({
    value: fromJsonColumn(ScalarValue, row.value),
    version: row.version,
    commandId: row.command_id,
    setAtMs: row.set_at,
  }),
};

/** Unsettled desired values by unit key. */
export async function desiredOf(
  db: Db,
  readable: ReadableRows,
  unitKeys: readonly number[],
): Promise<Map<number, Desired>> {
  const found = new Map<number, Desired>();
  for (const some of inChunks(unitKeys, CHUNK)) {
    const rows = await db
      .selectFrom('desired')
      .selectAll()
      .where('unit_key', 'in', some)
      .where('command_id', 'is not', null)
      .execute();
    for (const row of rows) {
      const state = readable.one(row, DESIRED);
      if (!state) continue;
      const desired = found.get(row.unit_key) ?? {};
      desired[row.property] = state;
      found.set(row.unit_key, desired);
    }
  }
  return found;
}

const desiredByUnit = prepared<{ readonly unitKey: number }>()((db, slot) =>
  db
    .selectFrom('desired')
    .selectAll()
    .where('unit_key', '=', slot('unitKey'))
    .where('command_id', 'is not', null),
);

export async function desiredOfUnit(
  db: Db,
  readable: ReadableRows,
  unitKey: number,
): Promise<Desired> {
  const rows = await desiredByUnit.rows(db, { unitKey });
  return Object.fromEntries(
    rows.flatMap((row) => {
      const state = readable.one(row, DESIRED);
      return state ? [[row.property, state]] : [];
    }),
  );
}

/** Stores a desired value, with the next version. */
export async function putDesired(
  tx: Tx,
  state: {
    readonly unitKey: number;
    readonly property: string;
    readonly value: unknown;
    readonly commandId: CommandId;
    readonly nowMs: number;
  },
): Promise<void> {
  const value = JSON.stringify(state.value);
  await tx
    .insertInto('desired')
    .values({
      unit_key: state.unitKey,
      property: state.property,
      value,
      version: 1,
      command_id: state.commandId,
      set_at: state.nowMs,
    })
    .onConflict((conflict) =>
      conflict.columns(['unit_key', 'property']).doUpdateSet({
        value,
        version: sql`desired.version + 1`,
        command_id: state.commandId,
        set_at: state.nowMs,
      }),
    )
    .execute();
}

/** A desired value is settled when its command ended; false when a newer one took its place. */
export async function settleDesiredBy(
  tx: Tx,
  commandId: CommandId,
  unitKey: number,
): Promise<boolean> {
  const result = await tx
    .updateTable('desired')
    .set({ command_id: null })
    .where('unit_key', '=', unitKey)
    .where('command_id', '=', commandId)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/**
 * A desired value from the future was set while the clock was ahead: it counts as older than
 * now.
 */
function wasSetBy(
  atMs: number | RawBuilder<number>,
  latestMs: number | RawBuilder<number>,
): RawBuilder<boolean> {
  return sql<boolean>`(set_at <= ${atMs} or set_at > ${latestMs})`;
}

const settledAt = prepared<{
  readonly unitKey: number;
  readonly name: string;
  readonly value: string;
  readonly measuredAtMs: number;
  readonly latestMs: number;
}>()((db, slot) =>
  db
    .updateTable('desired')
    .set({ command_id: null })
    .where('unit_key', '=', slot('unitKey'))
    .where('property', '=', slot('name'))
    .where('value', '=', slot('value'))
    .where(wasSetBy(slot('measuredAtMs'), slot('latestMs')))
    .where('command_id', 'is not', null),
);

/** A desired value is settled when a later command changed the property. */
export async function settleDesiredUntil(
  tx: Tx,
  property: { readonly unitKey: number; readonly name: string },
  { atMs, latestMs }: { readonly atMs: number; readonly latestMs: number },
): Promise<boolean> {
  const result = await tx
    .updateTable('desired')
    .set({ command_id: null })
    .where('unit_key', '=', property.unitKey)
    .where('property', '=', property.name)
    .where(wasSetBy(atMs, latestMs))
    .where('command_id', 'is not', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** A desired value is settled once the unit has reported it; earlier reports do not count. */
export async function settleDesiredAt(
  tx: Tx,
  property: { readonly unitKey: number; readonly name: string },
  reported: { readonly value: unknown; readonly measuredAtMs: number; readonly latestMs: number },
): Promise<boolean> {
  const result = await settledAt.run(tx, {
    ...property,
    value: JSON.stringify(reported.value),
    measuredAtMs: reported.measuredAtMs,
    latestMs: reported.latestMs,
  });
  return (result.numAffectedRows ?? 0n) > 0n;
}
