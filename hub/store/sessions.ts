import type { SessionId, UserId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';
import type { SessionsTable } from './schema/accounts.ts';

export async function insertSession(tx: Tx, session: SessionsTable): Promise<void> {
  await tx.insertInto('sessions').values(session).execute();
}

export async function findSessionByHash(
  db: Db,
  tokenHash: string,
): Promise<SessionsTable | undefined> {
  return await db
    .selectFrom('sessions')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
}

export async function sessionsOf(db: Db, userId: UserId, nowMs: number): Promise<SessionsTable[]> {
  return await db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .where('expires_at', '>', nowMs)
    .orderBy('last_used_at', 'desc')
    .limit(500)
    .execute();
}

export async function touchSession(
  tx: Tx,
  id: SessionId,
  times: { readonly lastUsedAt: number; readonly expiresAt: number },
): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ last_used_at: times.lastUsedAt, expires_at: times.expiresAt })
    .where('id', '=', id)
    .execute();
}

export async function setProvedAt(tx: Tx, id: SessionId, provedAt: number): Promise<void> {
  await tx.updateTable('sessions').set({ proved_at: provedAt }).where('id', '=', id).execute();
}

/** Removes one session of this user; false where there is none. */
export async function deleteSession(tx: Tx, userId: UserId, id: SessionId): Promise<boolean> {
  const result = await tx
    .deleteFrom('sessions')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Removes all sessions of a user but one, and names them. */
export async function deleteOtherSessions(
  tx: Tx,
  userId: UserId,
  keep: SessionId,
): Promise<SessionId[]> {
  const rows = await tx
    .deleteFrom('sessions')
    .where('user_id', '=', userId)
    .where('id', '!=', keep)
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

export async function deleteExpiredSessions(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('sessions').where('expires_at', '<=', nowMs).execute();
}
