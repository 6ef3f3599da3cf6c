import type { Selectable } from 'kysely';
import { type CredentialKind, clientKeyOf } from '#protocol/device/device.ts';
import type { CredentialId, DeviceId, SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Db, Tx } from './schema.ts';
import type { DeviceCredentialsTable, DevicesTable } from './schema/devices.ts';

export interface DeviceRecord {
  readonly id: DeviceId;
  readonly siteId: SiteId;
  readonly clientId: string;
  readonly name: string;
  /** Null: its own topics. */
  readonly topicSpace: string | null;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number | null;
}

export interface CredentialRecord {
  readonly id: CredentialId;
  readonly deviceId: DeviceId;
  readonly kind: CredentialKind;
  /** SHA-256: of a certificate in hexadecimal digits, of a password in base64url. */
  readonly verifier: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly lastUsedAtMs: number | null;
}

function deviceOf(row: Selectable<DevicesTable>): DeviceRecord {
  return {
    id: row.id,
    siteId: row.site_id,
    clientId: row.client_id,
    name: row.name,
    topicSpace: row.topic_space,
    createdAtMs: row.created_at,
    lastSeenAtMs: row.last_seen_at,
  };
}

function credentialOf(row: Selectable<DeviceCredentialsTable>): CredentialRecord {
  return {
    id: row.id,
    deviceId: row.device_id,
    kind: row.kind,
    verifier: row.verifier,
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
    lastUsedAtMs: row.last_used_at,
  };
}

/** Whether it was stored: the site may be full, and the client id another device's. */
export async function insertDevice(
  tx: Tx,
  device: DeviceRecord,
): Promise<'stored' | 'site_full' | 'client_id_taken'> {
  const { count } = await tx
    .selectFrom('devices')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('site_id', '=', device.siteId)
    .executeTakeFirstOrThrow();
  if (count >= LIMITS.devicesPerSite) return 'site_full';
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('devices')
    .values({
      id: device.id,
      site_id: device.siteId,
      client_id: device.clientId,
      client_key: clientKeyOf(device.clientId),
      name: device.name,
      topic_space: device.topicSpace,
      created_at: device.createdAtMs,
      last_seen_at: device.lastSeenAtMs,
    })
    .onConflict((conflict) => conflict.column('client_key').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n ? 'stored' : 'client_id_taken';
}

export async function findDevice(db: Db, id: DeviceId): Promise<DeviceRecord | undefined> {
  const row = await db.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
  return row && deviceOf(row);
}

export async function findDevices(db: Db, ids: readonly DeviceId[]): Promise<DeviceRecord[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('devices').selectAll().where('id', 'in', ids).execute();
  return rows.map(deviceOf);
}

/** Of several with the name the oldest. */
export async function deviceOfName(
  db: Db,
  siteId: SiteId,
  name: string,
): Promise<DeviceRecord | undefined> {
  const row = await db
    .selectFrom('devices')
    .selectAll()
    .where('site_id', '=', siteId)
    .where('name', '=', name)
    .orderBy('id')
    .executeTakeFirst();
  return row && deviceOf(row);
}

/** Whichever case it is written in. */
export async function isClientIdOfDevice(db: Db, clientId: string): Promise<boolean> {
  const row = await db
    .selectFrom('devices')
    .select('id')
    .where('client_key', '=', clientKeyOf(clientId))
    .executeTakeFirst();
  return row !== undefined;
}

export async function devicesOfSite(db: Db, siteId: SiteId): Promise<DeviceRecord[]> {
  const rows = await db
    .selectFrom('devices')
    .selectAll()
    .where('site_id', '=', siteId)
    .orderBy('id')
    .limit(LIMITS.devicesPerSite)
    .execute();
  return rows.map(deviceOf);
}

export async function changeDevice(
  tx: Tx,
  id: DeviceId,
  { name, topicSpace }: Pick<DeviceRecord, 'name' | 'topicSpace'>,
): Promise<void> {
  await tx
    .updateTable('devices')
    .set({ name, topic_space: topicSpace })
    .where('id', '=', id)
    .execute();
}

export async function deleteDevice(tx: Tx, id: DeviceId): Promise<void> {
  await tx.deleteFrom('device_credentials').where('device_id', '=', id).execute();
  await tx.deleteFrom('devices').where('id', '=', id).execute();
}

export async function insertCredential(tx: Tx, credential: CredentialRecord): Promise<void> {
  await tx
    .insertInto('device_credentials')
    .values({
      id: credential.id,
      device_id: credential.deviceId,
      kind: credential.kind,
      verifier: credential.verifier,
      created_at: credential.createdAtMs,
      expires_at: credential.expiresAtMs,
      last_used_at: credential.lastUsedAtMs,
    })
    .execute();
}

/** What this proves, and the device that has it. */
export async function findCredential(
  db: Db,
  kind: CredentialKind,
  verifier: string,
): Promise<{ readonly device: DeviceRecord; readonly credential: CredentialRecord } | undefined> {
  const row = await db
    .selectFrom('device_credentials')
    .selectAll()
    .where('verifier', '=', verifier)
    .where('kind', '=', kind)
    .executeTakeFirst();
  const device = row && (await findDevice(db, row.device_id));
  return device && { device, credential: credentialOf(row) };
}

/** Those of a device, the oldest first. */
export async function credentialsOf(db: Db, id: DeviceId): Promise<CredentialRecord[]> {
  const rows = await db
    .selectFrom('device_credentials')
    .selectAll()
    .where('device_id', '=', id)
    .orderBy('id')
    .execute();
  return rows.map(credentialOf);
}

export async function credentialsOfSite(db: Db, siteId: SiteId): Promise<CredentialRecord[]> {
  const rows = await db
    .selectFrom('device_credentials')
    .innerJoin('devices', 'devices.id', 'device_credentials.device_id')
    .selectAll('device_credentials')
    .where('devices.site_id', '=', siteId)
    .orderBy('device_credentials.id')
    .execute();
  return rows.map(credentialOf);
}

export async function deleteCredential(tx: Tx, id: CredentialId): Promise<void> {
  await tx.deleteFrom('device_credentials').where('id', '=', id).execute();
}

/** A device has connected with these. */
export async function touchDevice(
  tx: Tx,
  id: DeviceId,
  used: { readonly credentialIds: readonly CredentialId[]; readonly nowMs: number },
): Promise<void> {
  const { credentialIds, nowMs } = used;
  await tx.updateTable('devices').set({ last_seen_at: nowMs }).where('id', '=', id).execute();
  await tx
    .updateTable('device_credentials')
    .set({ last_used_at: nowMs })
    .where('id', 'in', credentialIds)
    .execute();
}
