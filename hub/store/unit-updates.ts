import { z } from 'zod';
import type { ErrorCode } from '#protocol/errors.ts';
import type { RolloutId, UnitId, UpdateId } from '#protocol/ids.ts';
import { UnitUpdate, UpdateStep } from '#protocol/rollout/rollout.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import { jsonColumnOr } from './json-column.ts';
import type { ReadableRows } from './readable-rows.ts';
import type { RolloutRecord } from './rollouts.ts';
import type { Db, Tx } from './schema.ts';
import type { UnitUpdatesTable } from './schema/firmware.ts';
import { type OutboxPlace, placeOf } from './outbox-place.ts';

/** The update of one unit in a rollout. */
export interface UnitUpdateRecord {
  readonly id: UpdateId;
  readonly rolloutId: RolloutId;
  readonly unitKey: number;
  readonly unitId: UnitId;
  /** Its place in the order of turns. */
  readonly position: number;
  readonly isCanary: boolean;
  readonly fromVersion: string;
  readonly state: UnitUpdateState;
  readonly code: ErrorCode | null;
  /** The step in which its turn came. */
  readonly step: number | null;
  /** It is part of the unit's assignment. */
  readonly isOrdered: boolean;
  readonly changedAtMs: number;
  /** Empty if they cannot be read, so that the update continues. */
  readonly steps: readonly UpdateStep[];
  /** Of the report in force. */
  readonly reportPlace: OutboxPlace | null;
}

const Steps = z.array(UpdateStep);

function unitUpdateOf(row: UnitUpdatesTable): UnitUpdateRecord {
  return {
    id: row.id,
    rolloutId: row.rollout_id,
    unitKey: row.unit_key,
    unitId: row.unit_id,
    position: row.position,
    isCanary: row.is_canary === 1,
    fromVersion: row.from_version,
    state: row.state,
    code: row.code,
    step: row.step,
    isOrdered: row.is_ordered === 1,
    changedAtMs: row.changed_at,
    // Parsed on demand: a rollout reads all of its updates and changes few.
    get steps() {
      return jsonColumnOr(Steps, row.steps, []);
    },
    reportPlace: placeOf(row.reported_epoch, row.reported_seq),
  };
}

/** What a change of state changes. */
function changingColumns(update: UnitUpdateRecord) {
  return {
    state: update.state,
    code: update.code,
    step: update.step,
    is_ordered: update.isOrdered ? 1 : 0,
    changed_at: update.changedAtMs,
    steps: JSON.stringify(update.steps),
    reported_epoch: update.reportPlace?.epoch ?? null,
    reported_seq: update.reportPlace?.seq ?? null,
  };
}

export function unitUpdateView(
  update: UnitUpdateRecord,
  rollout: Pick<RolloutRecord, 'firmwareId' | 'version'>,
): UnitUpdate {
  return {
    id: update.id,
    unitId: update.unitId,
    rolloutId: update.rolloutId,
    firmwareId: rollout.firmwareId,
    version: rollout.version,
    fromVersion: update.fromVersion,
    isCanary: update.isCanary,
    state: update.state,
    ...(update.code === null ? {} : { code: update.code }),
    steps: [...update.steps],
  };
}

/** From now on the newest update of the unit. */
export async function insertUnitUpdate(tx: Tx, update: UnitUpdateRecord): Promise<void> {
  await tx
    .updateTable('unit_updates')
    .set({ is_newest: 0 })
    .where('unit_key', '=', update.unitKey)
    .where('is_newest', '=', 1)
    .execute();
  await tx
    .insertInto('unit_updates')
    .values({
      id: update.id,
      rollout_id: update.rolloutId,
      unit_key: update.unitKey,
      unit_id: update.unitId,
      position: update.position,
      is_canary: update.isCanary ? 1 : 0,
      from_version: update.fromVersion,
      is_newest: 1,
      ...changingColumns(update),
    })
    .execute();
}

/** Writes what a change of state changes. */
export async function saveUnitUpdate(tx: Tx, update: UnitUpdateRecord): Promise<void> {
  await tx
    .updateTable('unit_updates')
    .set(changingColumns(update))
    .where('id', '=', update.id)
    .execute();
}

export async function findUnitUpdate(db: Db, id: UpdateId): Promise<UnitUpdateRecord | undefined> {
  const query = db.selectFrom('unit_updates').selectAll().where('id', '=', id);
  const row = await query.executeTakeFirst();
  return row && unitUpdateOf(row);
}

/** In the order of their turns. */
export async function updatesOfRollout(db: Db, id: RolloutId): Promise<UnitUpdateRecord[]> {
  const rows = await db
    .selectFrom('unit_updates')
    .selectAll()
    .where('rollout_id', '=', id)
    .orderBy('position')
    .execute();
  return rows.map(unitUpdateOf);
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

/** The newest update of each of these units that was ever in a rollout. */
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
      make: () => {
        const rollout = { firmwareId: row.firmware_id, version: row.version };
        return unitUpdateView(unitUpdateOf(row), rollout);
      },
    });
    if (update) updates.set(row.unit_key, update);
  }
  return updates;
}
