import { type BaseId, Epoch, type SiteId, newId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';
import type { BasesTable } from './schema/bases.ts';

/** A base's row; its key is given by the database. */
export type BaseRow = Omit<BasesTable, 'key'> & { readonly key: number };

/** Base rows kept per site, removed ones included. */
const MAX_PER_SITE = 500;

/** Makes a base with an empty log; false when the site has too many. */
export async function insertBase(
  tx: Tx,
  base: Pick<BasesTable, 'id' | 'site_id' | 'name' | 'version' | 'public_key' | 'created_at'>,
): Promise<boolean> {
  const there = await tx
    .selectFrom('bases')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('site_id', '=', base.site_id)
    .executeTakeFirstOrThrow();
  if (there.count >= MAX_PER_SITE) return false;
  await tx
    .insertInto('bases')
    .values({
      ...base,
      removed_at: null,
      last_seen_at: null,
      log_epoch: newId(Epoch, base.created_at),
      log_head: 0,
      log_floor: 0,
      log_acked: 0,
      log_mark: null,
      connection: null,
      is_live: 0,
      left_at: null,
    })
    .execute();
  return true;
}

/** Removed ones as well. */
export async function findBase(db: Db, id: BaseId): Promise<BaseRow | undefined> {
  return await db.selectFrom('bases').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function basesOfSite(db: Db, siteId: SiteId): Promise<BaseRow[]> {
  return await db
    .selectFrom('bases')
    .selectAll()
    .where('site_id', '=', siteId)
    .where('removed_at', 'is', null)
    .orderBy('id')
    .execute();
}

export async function anyBase(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('bases')
    .select('key')
    .where('removed_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function renameBase(tx: Tx, id: BaseId, name: string): Promise<void> {
  await tx.updateTable('bases').set({ name }).where('id', '=', id).execute();
}

/** Takes a base away with its units and log; its row stays, to tell it so. */
export async function markBaseRemoved(tx: Tx, base: BaseRow, nowMs: number): Promise<void> {
  await tx.updateTable('bases').set({ removed_at: nowMs }).where('key', '=', base.key).execute();
  await tx.deleteFrom('units').where('base_key', '=', base.key).execute();
  await tx.deleteFrom('base_log').where('base_key', '=', base.key).execute();
  await tx.deleteFrom('event_ranges').where('base_key', '=', base.key).execute();
}

export async function setLastSeen(tx: Tx, id: BaseId, nowMs: number): Promise<void> {
  await tx.updateTable('bases').set({ last_seen_at: nowMs }).where('id', '=', id).execute();
}
