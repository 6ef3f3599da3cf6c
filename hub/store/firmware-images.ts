import type { FileDigest } from '#protocol/rollout/update-order.ts';
import type { Db, Tx } from './schema.ts';

/** All parts of an image have this size, but for the last. */
export const IMAGE_PART_BYTES = 65_536;

export interface ImagePart {
  readonly sha256: FileDigest;
  /** From 0. */
  readonly part: number;
  readonly bytes: Uint8Array;
}

/** Numbers of the parts that are stored. */
export async function storedParts(db: Db, sha256: FileDigest): Promise<Set<number>> {
  const rows = await db
    .selectFrom('firmware_images')
    .select('part')
    .where('sha256', '=', sha256)
    .execute();
  return new Set(rows.map(({ part }) => part));
}

export async function insertPart(tx: Tx, { sha256, part, bytes }: ImagePart): Promise<void> {
  await tx
    .insertInto('firmware_images')
    .values({ sha256, part, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) })
    .execute();
}

export async function findPart(
  db: Db,
  sha256: FileDigest,
  part: number,
): Promise<Uint8Array | undefined> {
  const row = await db
    .selectFrom('firmware_images')
    .select('bytes')
    .where('sha256', '=', sha256)
    .where('part', '=', part)
    .executeTakeFirst();
  return row?.bytes;
}

export async function deleteParts(tx: Tx, sha256: FileDigest): Promise<void> {
  await tx.deleteFrom('firmware_images').where('sha256', '=', sha256).execute();
}

/** Of images that no site has. */
export async function orphanedImages(db: Db): Promise<FileDigest[]> {
  const rows = await db
    .selectFrom('firmware_images')
    .select('sha256')
    .distinct()
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('firmware')
            .select('firmware.id')
            .whereRef('firmware.sha256', '=', 'firmware_images.sha256'),
        ),
      ),
    )
    .execute();
  return rows.map(({ sha256 }) => sha256);
}
