import type { FirmwareId, SiteId } from '#protocol/ids.ts';
import type { FileDigest } from '#protocol/rollout/update-order.ts';
import type { Db, Tx } from './schema.ts';
import type { FirmwareTable } from './schema/firmware.ts';

export type FirmwareRow = FirmwareTable;

export async function findFirmware(db: Db, id: FirmwareId): Promise<FirmwareRow | undefined> {
  return await db.selectFrom('firmware').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function firmwareOfDigest(
  db: Db,
  siteId: SiteId,
  sha256: FileDigest,
): Promise<FirmwareRow | undefined> {
  return await db
    .selectFrom('firmware')
    .selectAll()
    .where('site_id', '=', siteId)
    .where('sha256', '=', sha256)
    .executeTakeFirst();
}

/** Newest first. */
export async function firmwareOfSite(db: Db, siteId: SiteId): Promise<FirmwareRow[]> {
  return await db
    .selectFrom('firmware')
    .selectAll()
    .where('site_id', '=', siteId)
    .orderBy('id', 'desc')
    .execute();
}

export async function insertFirmware(tx: Tx, row: FirmwareRow): Promise<void> {
  await tx.insertInto('firmware').values(row).execute();
}

/** Rollouts that have ended keep its model and version. */
export async function deleteFirmware(tx: Tx, id: FirmwareId): Promise<void> {
  await tx
    .updateTable('rollouts')
    .set({ firmware_id: null })
    .where('firmware_id', '=', id)
    .execute();
  await tx.deleteFrom('firmware').where('id', '=', id).execute();
}

/** Whether any site has this file. */
export async function isFileNeeded(db: Db, sha256: FileDigest): Promise<boolean> {
  const row = await db
    .selectFrom('firmware')
    .select('id')
    .where('sha256', '=', sha256)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Keys that a site trusts, in base64. */
export async function firmwareKeysOf(db: Db, siteId: SiteId): Promise<string[]> {
  const rows = await db
    .selectFrom('firmware_keys')
    .select('key')
    .where('site_id', '=', siteId)
    .orderBy('key')
    .execute();
  return rows.map(({ key }) => key);
}

export async function putFirmwareKeys(
  tx: Tx,
  siteId: SiteId,
  keys: readonly string[],
): Promise<void> {
  await tx.deleteFrom('firmware_keys').where('site_id', '=', siteId).execute();
  for (const key of new Set(keys)) {
    await tx.insertInto('firmware_keys').values({ site_id: siteId, key }).execute();
  }
}
