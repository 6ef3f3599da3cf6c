import type { BaseId, SiteId } from '#protocol/ids.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';

/** A base has a connection: this one, whatever there was before. */
export async function putConnection(tx: Tx, baseId: BaseId, connection: string): Promise<void> {
  await tx
    .updateTable('bases')
    .set({ connection, is_live: 0, left_at: null })
    .where('id', '=', baseId)
    .execute();
}

/** It has caught up: from this transaction on, what is stored for it is sent as it comes. */
export async function markLive(tx: Tx, baseId: BaseId, connection: string): Promise<void> {
  await tx
    .updateTable('bases')
    .set({ is_live: 1 })
    .where('id', '=', baseId)
    .where('connection', '=', connection)
    .where('is_live', '=', 0)
    .execute();
}

/** The connection is gone, unless another has taken its place. */
export async function endConnection(
  tx: Tx,
  baseId: BaseId,
  ended: { readonly connection: string; readonly atMs: number },
): Promise<void> {
  await tx
    .updateTable('bases')
    .set({ connection: null, is_live: 0, left_at: ended.atMs })
    .where('id', '=', baseId)
    .where('connection', '=', ended.connection)
    .execute();
}

/** At the start of a hub: connections of an earlier run are none. */
export async function forgetConnections(tx: Tx): Promise<void> {
  await tx
    .updateTable('bases')
    .set({ connection: null, is_live: 0, left_at: null })
    .where((row) => row.or([row('connection', 'is not', null), row('left_at', 'is not', null)]))
    .execute();
}

/** The bases of a site that are connected, or were a moment ago and may be back at once. */
export async function onlineBasesOf(
  db: Db,
  siteId: SiteId,
  since: { readonly leftAfterMs: number },
): Promise<Set<BaseId>> {
  const rows = await db
    .selectFrom('bases')
    .select('id')
    .where('site_id', '=', siteId)
    .where((row) =>
      row.or([row('connection', 'is not', null), row('left_at', '>', since.leftAfterMs)]),
    )
    .execute();
  return new Set(rows.map(({ id }) => id));
}

const connectionOf = prepared<{ readonly baseId: BaseId }>()((db, slot) =>
  db.selectFrom('bases').select(['connection', 'left_at']).where('id', '=', slot('baseId')),
);

/** Whether a base is connected, or was a moment ago and may be back at once. */
export async function isBaseOnline(
  db: Db,
  baseId: BaseId,
  since: { readonly leftAfterMs: number },
): Promise<boolean> {
  const row = await connectionOf.first(db, { baseId });
  if (!row) return false;
  return row.connection !== null || (row.left_at !== null && row.left_at > since.leftAfterMs);
}
