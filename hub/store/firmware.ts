import type { FirmwareId, SiteId } from '#protocol/ids.ts';
import type { FileDigest } from '#protocol/rollout/update-order.ts';
import type { Db, Tx } from './schema.ts';
import type { FirmwareTable } from './schema/firmware.ts';

/** A signed image; its bytes are found by its digest. */
export interface FirmwareRecord {
  readonly id: FirmwareId;
  readonly siteId: SiteId;
  readonly sha256: FileDigest;
  readonly fileBytes: number;
  /** As it was signed. */
  readonly manifestBytes: Uint8Array;
  readonly keyId: number;
  readonly signature: Uint8Array;
  readonly model: string;
  readonly uploadedBy: string;
  readonly uploadedAtMs: number;
}

function firmwareOf(row: FirmwareTable): FirmwareRecord {
  return {
    id: row.id,
    siteId: row.site_id,
    sha256: row.sha256,
    fileBytes: row.file_bytes,
    manifestBytes: Uint8Array.from(row.manifest),
    keyId: row.key_id,
    signature: Uint8Array.from(row.signature),
    model: row.model,
    uploadedBy: row.uploaded_by,
    uploadedAtMs: row.uploaded_at,
  };
}

export async function findFirmware(db: Db, id: FirmwareId): Promise<FirmwareRecord | undefined> {
  const row = await db.selectFrom('firmware').selectAll().where('id', '=', id).executeTakeFirst();
  return row && firmwareOf(row);
}

export async function firmwareOfDigest(
  db: Db,
  siteId: SiteId,
  sha256: FileDigest,
): Promise<FirmwareRecord | undefined> {
  const row = await db
    .selectFrom('firmware')
    .selectAll()
    .where('site_id', '=', siteId)
    .where('sha256', '=', sha256)
    .executeTakeFirst();
  return row && firmwareOf(row);
}

/** Newest first. */
export async function firmwareOfSite(db: Db, siteId: SiteId): Promise<FirmwareRecord[]> {
  const rows = await db
    .selectFrom('firmware')
    .selectAll()
    .where('site_id', '=', siteId)
    .orderBy('id', 'desc')
    .execute();
  return rows.map(firmwareOf);
}

export async function insertFirmware(tx: Tx, firmware: FirmwareRecord): Promise<void> {
  await tx
    .insertInto('firmware')
    .values({
      id: firmware.id,
      site_id: firmware.siteId,
      sha256: firmware.sha256,
      file_bytes: firmware.fileBytes,
      manifest: Buffer.from(firmware.manifestBytes),
      key_id: firmware.keyId,
      signature: Buffer.from(firmware.signature),
      model: firmware.model,
      uploaded_by: firmware.uploadedBy,
      uploaded_at: firmware.uploadedAtMs,
    })
    .execute();
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
