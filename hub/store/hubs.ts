import { sql } from 'kysely';
import { AppError } from '#protocol/errors.ts';
import type { HubId } from '#protocol/ids.ts';
import { engineOf } from './engine/adapter.ts';
import type { Db, Tx } from './schema.ts';

/** Puts a hub on record, for so long from now by the clock of the database. */
export async function putHub(tx: Tx, id: HubId, ttlMs: number): Promise<void> {
  const { nowMs } = engineOf(tx).dialect;
  await tx
    .insertInto('hubs')
    .values({ id, started_at: nowMs, expires_at: sql<number>`${nowMs} + ${ttlMs}` })
    .execute();
}

/**
 * Prolongs it.
 *
 * @returns the time of the database; undefined where it is no longer on record, since the
 * others consider it dead.
 */
export async function renewHub(db: Db, id: HubId, ttlMs: number): Promise<number | undefined> {
  const { nowMs } = engineOf(db).dialect;
  const row = await db
    .updateTable('hubs')
    .set({ expires_at: sql<number>`${nowMs} + ${ttlMs}` })
    .where('id', '=', id)
    .returning(sql<number>`expires_at - ${ttlMs}`.as('atMs'))
    .executeTakeFirst();
  return row?.atMs;
}

/** The time of the database. */
export async function databaseTime(db: Db): Promise<number> {
  const { rows } = await sql<{
    atMs: number;
  }>`select ${engineOf(db).dialect.nowMs} as "atMs"`.execute(db);
  const [row] = rows;
  if (!row) throw new AppError('internal');
  return row.atMs;
}

/** A hub on record. */
export interface HubRecord {
  readonly id: HubId;
  /** Less than nothing: it should have renewed that long ago. */
  readonly leftMs: number;
}

export async function hubsOnRecord(db: Db): Promise<HubRecord[]> {
  const { nowMs } = engineOf(db).dialect;
  return await db
    .selectFrom('hubs')
    .select(['id', sql<number>`expires_at - ${nowMs}`.as('leftMs')])
    .orderBy('id')
    .execute();
}

export async function dropHub(tx: Tx, id: HubId): Promise<void> {
  await tx.deleteFrom('hubs').where('id', '=', id).execute();
}

export async function dropAllHubs(tx: Tx): Promise<void> {
  await tx.deleteFrom('hubs').execute();
}

/** Deletes the hubs that did not renew their lease in time. */
export async function dropExpiredHubs(tx: Tx): Promise<void> {
  const { nowMs } = engineOf(tx).dialect;
  await tx.deleteFrom('hubs').where('expires_at', '<=', nowMs).execute();
}
