import type { SessionId, UserId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';
import type { SessionsTable } from './schema/accounts.ts';

export interface SessionRecord {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly tokenHash: string;
  readonly userAgent: string;
  readonly createdAtMs: number;
  /** When its person last confirmed the password. */
  readonly reauthenticatedAtMs: number;
  readonly lastUsedAtMs: number;
  readonly expiresAtMs: number;
}

function sessionOf(row: SessionsTable): SessionRecord {
  return {
    id: row.id,
    userId: row.user_id,
    tokenHash: row.token_hash,
    userAgent: row.user_agent,
    createdAtMs: row.created_at,
    reauthenticatedAtMs: row.reauthenticated_at,
    lastUsedAtMs: row.last_used_at,
    expiresAtMs: row.expires_at,
  };
}

export async function insertSession(tx: Tx, session: SessionRecord): Promise<void> {
  await tx
    .insertInto('sessions')
    .values({
      id: session.id,
      user_id: session.userId,
      token_hash: session.tokenHash,
      user_agent: session.userAgent,
      created_at: session.createdAtMs,
      reauthenticated_at: session.reauthenticatedAtMs,
      last_used_at: session.lastUsedAtMs,
      expires_at: session.expiresAtMs,
    })
    .execute();
}

export async function findSessionByHash(
  db: Db,
  tokenHash: string,
): Promise<SessionRecord | undefined> {
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row && sessionOf(row);
}

export async function sessionsOf(db: Db, userId: UserId, nowMs: number): Promise<SessionRecord[]> {
  const rows = await db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .where('expires_at', '>', nowMs)
    .orderBy('last_used_at', 'desc')
    .limit(500)
    .execute();
  return rows.map(sessionOf);
}

export async function touchSession(
  tx: Tx,
  id: SessionId,
  times: { readonly lastUsedAtMs: number; readonly expiresAtMs: number },
): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ last_used_at: times.lastUsedAtMs, expires_at: times.expiresAtMs })
    .where('id', '=', id)
    .execute();
}

export async function setReauthenticatedAt(
  tx: Tx,
  id: SessionId,
  reauthenticatedAt: number,
): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ reauthenticated_at: reauthenticatedAt })
    .where('id', '=', id)
    .execute();
}

/** Removes one session of this user; false if there is none. */
export async function deleteSession(tx: Tx, userId: UserId, id: SessionId): Promise<boolean> {
  const result = await tx
    .deleteFrom('sessions')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/**
 * Removes all sessions of a user but one.
 *
 * @returns their ids
 */
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
