import type { FirmwareId, RolloutId, SiteId } from '#protocol/ids.ts';
import { type RolloutHold, RolloutPlan, type RolloutState } from '#protocol/rollout/rollout.ts';
import { fromJsonColumn } from './json-column.ts';
import type { ReadableRows } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { RolloutsTable } from './schema/firmware.ts';

export interface RolloutRecord {
  readonly id: RolloutId;
  readonly siteId: SiteId;
  /** Null once the firmware was deleted. */
  readonly firmwareId: FirmwareId | null;
  readonly model: string;
  readonly version: string;
  readonly plan: RolloutPlan;
  readonly state: RolloutState;
  readonly step: number;
  readonly hold: RolloutHold | null;
  readonly nextStepAtMs: number | null;
  readonly startedBy: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

/** @throws AppError `internal` if its plan cannot be read */
function rolloutOf(row: RolloutsTable): RolloutRecord {
  return {
    id: row.id,
    siteId: row.site_id,
    firmwareId: row.firmware_id,
    model: row.model,
    version: row.version,
    plan: fromJsonColumn(RolloutPlan, row.plan),
    state: row.state,
    step: row.step,
    hold: row.hold,
    nextStepAtMs: row.next_step_at,
    startedBy: row.started_by,
    createdAtMs: row.created_at,
    endedAtMs: row.ended_at,
  };
}

export async function insertRollout(tx: Tx, rollout: RolloutRecord): Promise<void> {
  await tx
    .insertInto('rollouts')
    .values({
      id: rollout.id,
      site_id: rollout.siteId,
      firmware_id: rollout.firmwareId,
      model: rollout.model,
      version: rollout.version,
      plan: JSON.stringify(rollout.plan),
      state: rollout.state,
      step: rollout.step,
      hold: rollout.hold,
      next_step_at: rollout.nextStepAtMs,
      started_by: rollout.startedBy,
      created_at: rollout.createdAtMs,
      ended_at: rollout.endedAtMs,
    })
    .execute();
}

export async function saveRollout(tx: Tx, rollout: RolloutRecord): Promise<void> {
  const { id, state, step, hold, nextStepAtMs, endedAtMs } = rollout;
  await tx
    .updateTable('rollouts')
    .set({ state, step, hold, next_step_at: nextStepAtMs, ended_at: endedAtMs })
    .where('id', '=', id)
    .execute();
}

export async function findRollout(db: Db, id: RolloutId): Promise<RolloutRecord | undefined> {
  const row = await db.selectFrom('rollouts').selectAll().where('id', '=', id).executeTakeFirst();
  return row && rolloutOf(row);
}

/** Rollouts of all sites that have not ended. */
export async function openRollouts(db: Db): Promise<RolloutId[]> {
  const rows = await db
    .selectFrom('rollouts')
    .select('id')
    .where('ended_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}

export async function countOpenRollouts(db: Db, siteId: SiteId): Promise<number> {
  const row = await db
    .selectFrom('rollouts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('site_id', '=', siteId)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Newest first. */
export async function rolloutsOfSite(
  db: Db,
  readable: ReadableRows,
  page: {
    readonly siteId: SiteId;
    readonly before?: RolloutId | undefined;
    readonly limit: number;
  },
): Promise<RolloutRecord[]> {
  let query = db.selectFrom('rollouts').selectAll().where('site_id', '=', page.siteId);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  const rows = await query.orderBy('id', 'desc').limit(page.limit).execute();
  return readable.records(rows, { what: 'rollout', idOf: ({ id }) => id, make: rolloutOf });
}

/** Deletes the ended rollouts of a site, except the newest `kept`. */
export async function dropOldRollouts(tx: Tx, siteId: SiteId, kept: number): Promise<void> {
  const newest = tx
    .selectFrom('rollouts')
    .select('id')
    .where('site_id', '=', siteId)
    .orderBy('id', 'desc')
    .limit(kept);
  await tx
    .deleteFrom('rollouts')
    .where('site_id', '=', siteId)
    .where('ended_at', 'is not', null)
    .where('id', 'not in', newest)
    .execute();
}

/**
 * Whether the file is needed by a rollout, or by a unit that is still updating after its
 * rollout ended.
 */
export async function isFirmwareInUse(db: Db, id: FirmwareId): Promise<boolean> {
  const row = await db
    .selectFrom('rollouts')
    .innerJoin('unit_updates', 'unit_updates.rollout_id', 'rollouts.id')
    .select('rollouts.id')
    .where('rollouts.firmware_id', '=', id)
    .where((where) =>
      where.or([where('rollouts.ended_at', 'is', null), where('unit_updates.is_ordered', '=', 1)]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
