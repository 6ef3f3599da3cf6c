import { createHash } from 'node:crypto';
import type { FileDigest } from '#protocol/rollout/update-order.ts';
import { findPart } from '../firmware-images.ts';
import type { Db } from '../schema.ts';

export interface BrokenImages {
  /** Bytes of them are missing. */
  readonly incomplete: readonly FileDigest[];
  /** They are not what was uploaded. */
  readonly changed: readonly FileDigest[];
}

/** Reads all images of firmware, a part at a time. */
export async function brokenImages(db: Db): Promise<BrokenImages> {
  const incomplete: FileDigest[] = [];
  const changed: FileDigest[] = [];
  const images = await db
    .selectFrom('firmware')
    .select(['sha256', 'file_bytes'])
    .distinct()
    .orderBy('sha256')
    .execute();
  for (const { sha256, file_bytes: expected } of images) {
    const hash = createHash('sha256');
    let bytes = 0;
    for (let number = 0; bytes < expected; number += 1) {
      const part = await findPart(db, sha256, number);
      if (!part) break;
      bytes += part.length;
      hash.update(part);
    }
    if (bytes < expected) incomplete.push(sha256);
    else if (hash.digest('hex') !== sha256) changed.push(sha256);
  }
  return { incomplete, changed };
}
