import type { UserView } from '#protocol/http/accounts.ts';
import type { UserId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';
import type { UsersTable } from './schema/accounts.ts';

export interface UserRecord {
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly createdAtMs: number;
}

function userOf(row: Omit<UsersTable, 'events_rev'>): UserRecord {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    passwordHash: row.password_hash,
    createdAtMs: row.created_at,
  };
}

export async function anyUser(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

export async function findUser(db: Db, id: UserId): Promise<UserRecord | undefined> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  return row && userOf(row);
}

export async function findUserByEmail(db: Db, email: string): Promise<UserRecord | undefined> {
  const query = db.selectFrom('users').selectAll().where('email', '=', email);
  const row = await query.executeTakeFirst();
  return row && userOf(row);
}

export async function insertUser(tx: Tx, user: UserRecord): Promise<void> {
  await tx
    .insertInto('users')
    .values({
      id: user.id,
      email: user.email,
      name: user.name,
      password_hash: user.passwordHash,
      created_at: user.createdAtMs,
    })
    .execute();
}

export async function setPasswordHash(tx: Tx, id: UserId, passwordHash: string): Promise<void> {
  await tx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', id).execute();
}

export function userView(user: Pick<UserRecord, 'id' | 'email' | 'name'>): UserView {
  return { id: user.id, email: user.email, name: user.name };
}
