import type { FirmwareId, RolloutId, SiteId } from '#protocol/ids.ts';
import { RolloutPlan } from '#protocol/rollout/rollout.ts';
import { fromJsonColumn } from './json-column.ts';
import type { Db, Tx } from './schema.ts';
import type { RolloutsTable } from './schema/firmware.ts';

export type RolloutRow = RolloutsTable;

export function planOf(row: Pick<RolloutRow, 'plan'>): RolloutPlan {
  return fromJsonColumn(RolloutPlan, row.plan);
}

export async function insertRollout(tx: Tx, row: RolloutRow): Promise<void> {
  await tx.insertInto('rollouts').values(row).execute();
}

export async function saveRollout(tx: Tx, row: RolloutRow): Promise<void> {
  const { state, step, hold, next_step_at, ended_at } = row;
  await tx
    .updateTable('rollouts')
    .set({ state, step, hold, next_step_at, ended_at })
    .where('id', '=', row.id)
    .execute();
}

export async function findRollout(db: Db, id: RolloutId): Promise<RolloutRow | undefined> {
  return await db.selectFrom('rollouts').selectAll().where('id', '=', id).executeTakeFirst();
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
  siteId: SiteId,
  page: { readonly before?: RolloutId | undefined; readonly limit: number },
): Promise<RolloutRow[]> {
  let query = db.selectFrom('rollouts').selectAll().where('site_id', '=', siteId);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  return await query.orderBy('id', 'desc').limit(page.limit).execute();
}

/** Forgets those that ended before the newest `kept` of the site. */
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

/** Whether a rollout, or a unit that is still at it after its rollout's end, needs the file. */
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
