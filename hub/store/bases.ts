import type { Selectable } from 'kysely';
import { type BaseId, Epoch, type SiteId, newId } from '#protocol/ids.ts';
import type { BasePresence } from '#protocol/presence.ts';
import type { BaseConnection } from './base-connections.ts';
import type { Db, Tx } from './schema.ts';
import type { BasesTable } from './schema/bases.ts';

export interface BaseRecord {
  readonly key: number;
  readonly id: BaseId;
  readonly siteId: SiteId;
  readonly name: string;
  readonly version: string;
  /** Raw Ed25519 public key, base64url. */
  readonly publicKey: string;
  readonly createdAtMs: number;
  /** The row stays, so that a removed base gets `base_removed`. */
  readonly isRemoved: boolean;
  readonly lastSeenAtMs: number | null;
  readonly presence: PresenceRecord;
  readonly connection: BaseConnection | undefined;
  /** When its last connection ended; null: never, or not known. */
  readonly leftAtMs: number | null;
}

/** Whether a base is there, as was published last. */
export interface PresenceRecord {
  readonly state: BasePresence['state'];
  readonly sinceMs: number;
}

function baseOf(row: Selectable<BasesTable>): BaseRecord {
  return {
    key: row.key,
    id: row.id,
    siteId: row.site_id,
    name: row.name,
    version: row.version,
    publicKey: row.public_key,
    createdAtMs: row.created_at,
    isRemoved: row.removed_at !== null,
    lastSeenAtMs: row.last_seen_at,
    presence: { state: row.presence, sinceMs: row.presence_since },
    connection:
      row.connection === null || row.hub_id === null
        ? undefined
        : { connection: row.connection, hubId: row.hub_id },
    leftAtMs: row.left_at,
  };
}

/** Base rows kept per site, removed ones included. */
const MAX_PER_SITE = 500;

/** Makes a base with an empty log; false when the site has too many. */
export async function insertBase(
  tx: Tx,
  base: Pick<BaseRecord, 'id' | 'siteId' | 'name' | 'version' | 'publicKey' | 'createdAtMs'>,
): Promise<boolean> {
  const there = await tx
    .selectFrom('bases')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('site_id', '=', base.siteId)
    .executeTakeFirstOrThrow();
  if (there.count >= MAX_PER_SITE) return false;
  await tx
    .insertInto('bases')
    .values({
      id: base.id,
      site_id: base.siteId,
      name: base.name,
      version: base.version,
      public_key: base.publicKey,
      created_at: base.createdAtMs,
      removed_at: null,
      last_seen_at: null,
      log_epoch: newId(Epoch, base.createdAtMs),
      log_head: 0,
      log_floor: 0,
      log_acked: 0,
      log_mark: null,
      connection: null,
      is_live: 0,
      left_at: null,
      hub_id: null,
      presence: 'unknown',
      presence_since: base.createdAtMs,
    })
    .execute();
  return true;
}

/** Removed ones as well. */
export async function findBase(db: Db, id: BaseId): Promise<BaseRecord | undefined> {
  const row = await db.selectFrom('bases').selectAll().where('id', '=', id).executeTakeFirst();
  return row && baseOf(row);
}

export async function basesOfSite(db: Db, siteId: SiteId): Promise<BaseRecord[]> {
  const rows = await db
    .selectFrom('bases')
    .selectAll()
    .where('site_id', '=', siteId)
    .where('removed_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(baseOf);
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

/** Removes a base with its units and log; its row stays, so that it gets `base_removed`. */
export async function markBaseRemoved(tx: Tx, base: BaseRecord, nowMs: number): Promise<void> {
  await tx.updateTable('bases').set({ removed_at: nowMs }).where('key', '=', base.key).execute();
  await tx.deleteFrom('units').where('base_key', '=', base.key).execute();
  await tx.deleteFrom('base_log').where('base_key', '=', base.key).execute();
  await tx.deleteFrom('event_ranges').where('base_key', '=', base.key).execute();
}

/** @param lastSeenAtMs when it was certainly there. */
export async function putPresence(
  tx: Tx,
  id: BaseId,
  { state, sinceMs, lastSeenAtMs }: PresenceRecord & { readonly lastSeenAtMs: number },
): Promise<void> {
  await tx
    .updateTable('bases')
    .set({ presence: state, presence_since: sinceMs, last_seen_at: lastSeenAtMs })
    .where('id', '=', id)
    .execute();
}
