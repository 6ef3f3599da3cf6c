import type { BaseId, HubId, SiteId } from '#protocol/ids.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';

/** One connection of a base. */
export interface BaseConnection {
  /** Names it among all that there ever were, at whichever hub. */
  readonly connection: string;
  readonly hubId: HubId;
}

/** A base has this connection, whatever there was before. */
export async function putConnection(
  tx: Tx,
  baseId: BaseId,
  { connection, hubId }: BaseConnection,
): Promise<void> {
  await tx
    .updateTable('bases')
    .set({ connection, hub_id: hubId, is_live: 0, left_at: null })
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

/** No hub is on record that could have a connection: nothing is known of any base. */
export async function forgetConnections(tx: Tx, nowMs: number): Promise<void> {
  await tx
    .updateTable('bases')
    .set({
      ...{ connection: null, is_live: 0, left_at: null },
      ...{ presence: 'unknown', presence_since: nowMs },
    })
    .where('removed_at', 'is', null)
    .execute();
}

/** Ends the connections of hubs that are no longer on record. */
export async function endOrphanedConnections(tx: Tx, nowMs: number): Promise<void> {
  await tx
    .updateTable('bases')
    .set({ connection: null, is_live: 0, left_at: nowMs })
    .where('connection', 'is not', null)
    .where((row) =>
      row.or([
        row('hub_id', 'is', null),
        row('hub_id', 'not in', row.selectFrom('hubs').select('hubs.id')),
      ]),
    )
    .execute();
}

/** A base that is online, whose last connection ended a while ago. */
export interface LeavingBase {
  readonly id: BaseId;
  readonly siteId: SiteId;
  readonly leftAtMs: number;
}

/** Those that left up to then, the first ones first. */
export async function leavingBases(
  db: Db,
  { leftUpToMs, limit }: { readonly leftUpToMs: number; readonly limit: number },
): Promise<LeavingBase[]> {
  const rows = await db
    .selectFrom('bases')
    .select(['id', 'site_id', 'left_at'])
    .where('presence', '=', 'online')
    .where('connection', 'is', null)
    .where('left_at', '<=', leftUpToMs)
    .where('removed_at', 'is', null)
    .orderBy('left_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ id: row.id, siteId: row.site_id, leftAtMs: row.left_at ?? 0 }));
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
