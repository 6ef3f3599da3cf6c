import { z } from 'zod';
import type { RolloutId, UpdateId } from '#protocol/ids.ts';
import { UnitUpdate, UpdateStep } from '#protocol/rollout/rollout.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import { jsonColumnOr } from './json-column.ts';
import type { ReadableRows } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { RolloutsTable, UnitUpdatesTable } from './schema/firmware.ts';

export type UnitUpdateRow = UnitUpdatesTable;

const Steps = z.array(UpdateStep);

/** None where they cannot be read, so that the update goes on all the same. */
export function updateStepsOf(row: Pick<UnitUpdateRow, 'steps'>): UpdateStep[] {
  return jsonColumnOr(Steps, row.steps, []);
}

export function unitUpdate(
  row: UnitUpdateRow,
  rollout: Pick<RolloutsTable, 'firmware_id' | 'version'>,
): UnitUpdate {
  return {
    id: row.id,
    unitId: row.unit_id,
    rolloutId: row.rollout_id,
    firmwareId: rollout.firmware_id,
    version: rollout.version,
    fromVersion: row.from_version,
    isCanary: row.is_canary === 1,
    state: row.state,
    ...(row.code === null ? {} : { code: row.code }),
    steps: updateStepsOf(row),
  };
}

/** The unit's newest from now on. */
export async function insertUnitUpdate(tx: Tx, row: UnitUpdateRow): Promise<void> {
  await tx
    .updateTable('unit_updates')
    .set({ is_newest: 0 })
    .where('unit_key', '=', row.unit_key)
    .where('is_newest', '=', 1)
    .execute();
  await tx.insertInto('unit_updates').values(row).execute();
}

/** Writes what a change of state changes. */
export async function saveUnitUpdate(tx: Tx, row: UnitUpdateRow): Promise<void> {
  const { state, code, step, is_ordered, changed_at, steps, told_epoch, told_seq } = row;
  await tx
    .updateTable('unit_updates')
    .set({ state, code, step, is_ordered, changed_at, steps, told_epoch, told_seq })
    .where('id', '=', row.id)
    .execute();
}

export async function findUnitUpdate(db: Db, id: UpdateId): Promise<UnitUpdateRow | undefined> {
  return await db.selectFrom('unit_updates').selectAll().where('id', '=', id).executeTakeFirst();
}

/** In the order of their turns. */
export async function updatesOfRollout(db: Db, id: RolloutId): Promise<UnitUpdateRow[]> {
  return await db
    .selectFrom('unit_updates')
    .selectAll()
    .where('rollout_id', '=', id)
    .orderBy('position')
    .execute();
}

/** Units of a rollout by their states. */
export interface RolloutTally {
  canaries: number;
  readonly states: Map<UnitUpdateState, number>;
}

/** Counted by the database: many rollouts of many units are part of a snapshot. */
export async function talliesOf(
  db: Db,
  ids: readonly RolloutId[],
): Promise<Map<RolloutId, RolloutTally>> {
  const tallies = new Map<RolloutId, RolloutTally>();
  if (ids.length === 0) return tallies;
  const rows = await db
    .selectFrom('unit_updates')
    .select(({ fn }) => [
      'rollout_id',
      'state',
      fn.countAll<number>().as('count'),
      fn.sum<number>('is_canary').as('canaries'),
    ])
    .where('rollout_id', 'in', ids)
    .groupBy(['rollout_id', 'state'])
    .execute();
  for (const { rollout_id: id, state, count, canaries } of rows) {
    const tally = tallies.get(id) ?? { canaries: 0, states: new Map<UnitUpdateState, number>() };
    tally.canaries += canaries;
    tally.states.set(state, count);
    tallies.set(id, tally);
  }
  return tallies;
}

/** The newest update of each of these units that ever was in a rollout. */
export async function newestUpdates(
  db: Db,
  readable: ReadableRows,
  unitKeys: readonly number[],
): Promise<Map<number, UnitUpdate>> {
  if (unitKeys.length === 0) return new Map();
  const rows = await db
    .selectFrom('unit_updates')
    .innerJoin('rollouts', 'rollouts.id', 'unit_updates.rollout_id')
    .selectAll('unit_updates')
    .select(['rollouts.firmware_id', 'rollouts.version'])
    .where('unit_key', 'in', unitKeys)
    .where('is_newest', '=', 1)
    .execute();
  const updates = new Map<number, UnitUpdate>();
  for (const row of rows) {
    const update = readable.one(row, {
      what: 'update',
      idOf: ({ id }) => id,
      schema: UnitUpdate,
      make: () => unitUpdate(row, row),
    });
    if (update) updates.set(row.unit_key, update);
  }
  return updates;
}
