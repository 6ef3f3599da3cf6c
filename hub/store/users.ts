import type { UserView } from '#protocol/http/accounts.ts';
import type { UserId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';
import type { UsersTable } from './schema/accounts.ts';

export type UserRow = Omit<UsersTable, 'events_rev'>;

export async function anyUser(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

export async function findUser(db: Db, id: UserId): Promise<UserRow | undefined> {
  return await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function findUserByEmail(db: Db, email: string): Promise<UserRow | undefined> {
  return await db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
}

export async function insertUser(tx: Tx, user: UserRow): Promise<void> {
  await tx.insertInto('users').values(user).execute();
}

export async function setPasswordHash(tx: Tx, id: UserId, passwordHash: string): Promise<void> {
  await tx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', id).execute();
}

export function userView(user: Pick<UserRow, 'id' | 'email' | 'name'>): UserView {
  return { id: user.id, email: user.email, name: user.name };
}
