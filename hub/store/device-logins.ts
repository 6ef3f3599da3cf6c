import { z } from 'zod';
import { ProgramScope } from '#protocol/access/roles.ts';
import { TokenDays, TokenSites } from '#protocol/http/accounts.ts';
import type { DeviceLoginId, UserId } from '#protocol/ids.ts';
import { fromJsonColumn } from './json-column.ts';
import type { Db, Tx } from './schema.ts';
import type { DeviceLoginsTable } from './schema/accounts.ts';

/** Logins that wait for approval: from one address, and in all. */
const MAX_WAITING_PER_ADDRESS = 20;
const MAX_WAITING = 500;
/** How long the outcome of a login can be queried. */
const KEPT_MS = 10 * 60_000;

const Approval = z.object({
  scope: ProgramScope,
  siteIds: TokenSites.optional(),
  expiresInDays: TokenDays.optional(),
});
/** What a person allowed a program's token to do. */
export type LoginApproval = z.infer<typeof Approval>;

/** A program that requests a token from a person. */
export interface DeviceLoginRecord {
  readonly id: DeviceLoginId;
  readonly deviceCodeHash: string;
  readonly userCodeHash: string;
  /** Its address: logins are counted by it, and a person sees it. */
  readonly address: string;
  readonly shownAddress: string;
  readonly host: string;
  readonly program: string;
  /** The scope that the program requests; the approval may be for less. */
  readonly scope: ProgramScope;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly state: DeviceLoginsTable['state'];
  /** Who approved it, and for what. */
  readonly approvedBy: UserId | null;
  readonly approval: LoginApproval | null;
}

function deviceLoginOf(row: DeviceLoginsTable): DeviceLoginRecord {
  return {
    id: row.id,
    deviceCodeHash: row.device_code_hash,
    userCodeHash: row.user_code_hash,
    address: row.address,
    shownAddress: row.shown_address,
    host: row.host,
    program: row.program,
    scope: row.scope,
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
    state: row.state,
    approvedBy: row.user_id,
    approval: row.approval === null ? null : fromJsonColumn(Approval, row.approval),
  };
}

/** A login that nobody has approved or denied yet. */
export type NewDeviceLogin = Omit<DeviceLoginRecord, 'state' | 'approvedBy' | 'approval'>;

/**
 * Stores a login; false if too many from its address are waiting. If there are too many in
 * all, the oldest login of the address with the most is dropped, unless that is this address.
 */
export async function insertDeviceLogin(tx: Tx, login: NewDeviceLogin): Promise<boolean> {
  const nowMs = login.createdAtMs;
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
  const [largest] = waiting;
  if (all >= MAX_WAITING && largest) {
    if (largest.count <= own + 1) return false;
    await dropOldestOf(tx, largest.address);
  }
  await tx
    .insertInto('device_logins')
    .values({
      id: login.id,
      device_code_hash: login.deviceCodeHash,
      user_code_hash: login.userCodeHash,
      address: login.address,
      shown_address: login.shownAddress,
      host: login.host,
      program: login.program,
      scope: login.scope,
      created_at: login.createdAtMs,
      expires_at: login.expiresAtMs,
      state: 'waiting',
      user_id: null,
      approval: null,
    })
    .execute();
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

/** By the code that its program has. */
export async function deviceLoginByDeviceCode(
  db: Db,
  hash: string,
): Promise<DeviceLoginRecord | undefined> {
  const query = db.selectFrom('device_logins').selectAll().where('device_code_hash', '=', hash);
  const row = await query.executeTakeFirst();
  return row && deviceLoginOf(row);
}

/** By the code that a person types. */
export async function deviceLoginByUserCode(
  db: Db,
  hash: string,
): Promise<DeviceLoginRecord | undefined> {
  const query = db.selectFrom('device_logins').selectAll().where('user_code_hash', '=', hash);
  const row = await query.executeTakeFirst();
  return row && deviceLoginOf(row);
}

export async function approveDeviceLogin(
  tx: Tx,
  id: DeviceLoginId,
  { by, approval }: { readonly by: UserId; readonly approval: LoginApproval },
): Promise<void> {
  await tx
    .updateTable('device_logins')
    .set({ state: 'approved', user_id: by, approval: JSON.stringify(approval) })
    .where('id', '=', id)
    .execute();
}

export async function endDeviceLogin(
  tx: Tx,
  id: DeviceLoginId,
  state: 'denied' | 'used',
): Promise<void> {
  await tx.updateTable('device_logins').set({ state }).where('id', '=', id).execute();
}
