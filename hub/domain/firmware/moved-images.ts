import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { FileDigest } from '#protocol/rollout/update-order.ts';
import { isFileNeeded } from '../../store/firmware.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import type { FirmwareFiles } from './firmware-files.ts';
import type { FirmwareImages } from './firmware-images.ts';

export interface MovedImagesDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly log: Logger;
  readonly files: FirmwareFiles;
  readonly images: FirmwareImages;
}

/**
 * Moves the images that an earlier version kept in its folder into the database. A file goes
 * once its image is stored; after a crash between, the next start finds it stored, and
 * removes the file. One that cannot be moved now is left to the next start.
 */
export async function moveImages(deps: MovedImagesDeps): Promise<void> {
  const { files, log } = deps;
  let moved = 0;
  for (const sha256 of await files.digests()) {
    try {
      if (await move(deps, sha256)) moved += 1;
    } catch (error) {
      log.error({ err: error, sha256 }, 'firmware file not moved into the database');
    }
  }
  if (moved > 0) log.info({ files: moved }, 'firmware files moved into the database');
}

/** @returns false: no site has it, or it is not what its name says. */
async function move(deps: MovedImagesDeps, sha256: FileDigest): Promise<boolean> {
  const { db, unitOfWork, files, images, log } = deps;
  if (!(await isFileNeeded(db, sha256))) {
    await files.removeImage(sha256);
    return false;
  }
  const content = await files.readImage(sha256);
  if (createHash('sha256').update(content).digest('hex') !== sha256) {
    log.error({ sha256 }, 'firmware file damaged, left where it is');
    return false;
  }
  await images.prepare({ sha256, content }, sha256);
  await unitOfWork.run(async (work) => {
    await work.hold({ image: sha256 });
    // A site may have removed it meanwhile, at another hub.
    if (await isFileNeeded(work.tx, sha256)) await images.complete(work, { sha256, content });
    else await images.release(work, sha256);
  }, sha256);
  await files.removeImage(sha256);
  return true;
}
