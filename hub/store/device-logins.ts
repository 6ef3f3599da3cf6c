import type { DeviceLoginId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';
import type { DeviceLoginsTable } from './schema/accounts.ts';

/** Logins that wait for a person: of one address, and of all. */
const MAX_WAITING_PER_ADDRESS = 20;
const MAX_WAITING = 500;
/** How long it can be told what became of one. */
const KEPT_MS = 10 * 60_000;

/**
 * Stores a login; false when its address has too many waiting. Where all together are too
 * many, the oldest of the address with the most makes room, unless that is this one.
 */
export async function insertDeviceLogin(tx: Tx, login: DeviceLoginsTable): Promise<boolean> {
  const nowMs = login.created_at;
  await tx
    .deleteFrom('device_logins')
    .where('expires_at', '<', nowMs - KEPT_MS)
    .execute();
  const waiting = await tx
    .selectFrom('device_logins')
    .select(['address', ({ fn }) => fn.countAll<number>().as('count')])
    .where('state', '=', 'waiting')
    .where('expires_at', '>', nowMs)
    .groupBy('address')
    .orderBy('count', 'desc')
    .execute();
  const own = waiting.find(({ address }) => address === login.address)?.count ?? 0;
  if (own >= MAX_WAITING_PER_ADDRESS) return false;
  const all = waiting.reduce((sum, { count }) => sum + count, 0);
  const [most] = waiting;
  if (all >= MAX_WAITING && most) {
    if (most.count <= own + 1) return false;
    await dropOldestOf(tx, most.address);
  }
  await tx.insertInto('device_logins').values(login).execute();
  return true;
}

async function dropOldestOf(tx: Tx, address: string): Promise<void> {
  const oldest = await tx
    .selectFrom('device_logins')
    .select('id')
    .where('address', '=', address)
    .where('state', '=', 'waiting')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (oldest) await tx.deleteFrom('device_logins').where('id', '=', oldest.id).execute();
}

export async function deviceLoginBy(
  db: Db,
  column: 'device_code_hash' | 'user_code_hash',
  hash: string,
): Promise<DeviceLoginsTable | undefined> {
  return await db
    .selectFrom('device_logins')
    .selectAll()
    .where(column, '=', hash)
    .executeTakeFirst();
}

export async function updateDeviceLogin(
  tx: Tx,
  id: DeviceLoginId,
  change: Partial<Pick<DeviceLoginsTable, 'state' | 'user_id' | 'approval'>>,
): Promise<void> {
  await tx.updateTable('device_logins').set(change).where('id', '=', id).execute();
}
