import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import type { FirmwareKeys, FirmwareView } from '#protocol/http/firmware.ts';
import { FirmwareId, type SiteId, type UserId, newId } from '#protocol/ids.ts';
import type { FileDigest } from '#protocol/rollout/update-order.ts';
import { LIMITS } from '#protocol/limits.ts';
import { type FirmwareImage, parseFirmwareFile } from '#protocol/update/firmware-file.ts';
import { isIntact, isSignedBy, parsePublicKey } from '#protocol/update/firmware-signature.ts';
import type { Clock } from '#platform/clock.ts';
import { FairSlots } from '#platform/sharing/fair-slots.ts';
import { Semaphore } from '#platform/sharing/semaphore.ts';
import {
  type FirmwareRecord,
  deleteFirmware,
  findFirmware,
  firmwareKeysOf,
  firmwareOfDigest,
  firmwareOfSite,
  insertFirmware,
  putFirmwareKeys,
} from '../../store/firmware.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { actorOfSubject } from '../accounts/principal.ts';
import { isFirmwareInUse } from '../../store/rollouts.ts';
import type { Db } from '../../store/schema.ts';
import type { FirmwareFiles } from './firmware-files.ts';
import type { FirmwareImages, StoredFile } from './firmware-images.ts';
import { versionOf, viewOf } from './firmware-view.ts';
import { moveImages } from './moved-images.ts';

export interface FirmwareServiceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly files: FirmwareFiles;
  readonly images: FirmwareImages;
}

/**
 * Concurrent uploads, straight to the disk, and those of one person at one site. When
 * all slots are used, the one with the most loses one to a new upload.
 */
const UPLOADS = { total: 32, perInnermost: 2 };
/** Files verified and stored at once, from memory; the others wait without using any. */
const MAX_CHECKS = 4;

/** A signed image as the hub keeps it. */
export interface FirmwareFile {
  readonly id: FirmwareId;
  readonly siteId: SiteId;
  readonly sha256: FileDigest;
  readonly bytes: number;
}

/**
 * The signed images of sites. The hub has no signing key, and changes no byte of them:
 * a unit accepts only what its own keys have signed.
 */
export class FirmwareService {
  readonly #deps: FirmwareServiceDeps;
  readonly #slots = new FairSlots(UPLOADS);
  readonly #checks = new Semaphore({ permits: MAX_CHECKS, maxQueued: UPLOADS.total });

  constructor(deps: FirmwareServiceDeps) {
    this.#deps = deps;
  }

  /** Uploads in progress. */
  get uploads(): number {
    return this.#slots.size;
  }

  /** Puts in order what an earlier version or a crash has left. */
  async open(): Promise<void> {
    const { files, images } = this.#deps;
    await files.open();
    await moveImages(this.#deps);
    await images.sweep();
  }

  /** @returns the firmware, and whether the site did not have it before. */
  async upload(wanted: {
    readonly siteId: SiteId;
    readonly content: AsyncIterable<Uint8Array>;
    readonly userId: UserId;
    /** The requester. */
    readonly uploadedBy: string;
  }): Promise<{ readonly firmware: FirmwareView; readonly isNew: boolean }> {
    const { files } = this.#deps;
    const gone = new AbortController();
    const path = [wanted.userId, wanted.siteId];
    const release = this.#slots.acquire(path, () => gone.abort(new AppError('overloaded')));
    if (!release) throw new AppError('overloaded');
    try {
      const limits = { maxBytes: LIMITS.firmwareFileBytes, signal: gone.signal };
      const file = await files.receive(wanted.content, limits);
      try {
        return await this.#checks.run(wanted.siteId, async () => {
          const content = await files.read(file);
          const image = await this.#check(wanted.siteId, content);
          return await this.#keep({ sha256: file.sha256, content }, image, wanted);
        });
      } finally {
        await files.discard(file);
      }
    } finally {
      release();
    }
  }

  async list(siteId: SiteId): Promise<FirmwareView[]> {
    const keys = await this.#keysOf(siteId);
    const views: FirmwareView[] = [];
    for (const firmware of await firmwareOfSite(this.#deps.db, siteId)) {
      const view = await viewOf(firmware, keys).catch((error: unknown) => {
        this.#deps.log.error({ err: error, firmwareId: firmware.id }, 'unreadable row skipped');
        return undefined;
      });
      if (view) views.push(view);
    }
    return views;
  }

  async get(id: FirmwareId): Promise<FirmwareView> {
    const firmware = await this.#record(id);
    return await viewOf(firmware, await this.#keysOf(firmware.siteId));
  }

  /** @throws AppError `firmware_unknown`. */
  async find(id: FirmwareId): Promise<FirmwareFile> {
    const { siteId, sha256, fileBytes } = await this.#record(id);
    return { id, siteId, sha256, bytes: fileBytes };
  }

  /**
   * @param range first and last byte.
   * @throws AppError `storage_unavailable` while the file is not in the database.
   */
  async content(
    { sha256 }: FirmwareFile,
    range: { readonly start: number; readonly end: number },
  ): Promise<Readable> {
    return await this.#deps.images.read(sha256, range);
  }

  async remove(id: FirmwareId, removedBy: string): Promise<void> {
    const { unitOfWork, images, log } = this.#deps;
    const { siteId, sha256 } = await this.#record(id);
    await unitOfWork.run(async (work) => {
      const { tx, emit, hold } = work;
      await hold({ image: sha256 });
      await hold({ site: siteId });
      const found = await findFirmware(tx, id);
      if (!found) throw new AppError('firmware_unknown');
      if (await isFirmwareInUse(tx, id)) throw new AppError('firmware_in_use');
      await deleteFirmware(tx, id);
      await images.release(work, sha256);
      const data = { firmwareId: id, model: found.model, ...versionOf(found) };
      emit({ site: siteId, type: 'firmware.removed', actor: actorOfSubject(removedBy), data });
    }, removedBy);
    log.info({ firmwareId: id, siteId, removedBy }, 'firmware removed');
  }

  async keys(siteId: SiteId): Promise<FirmwareKeys> {
    return { keys: await firmwareKeysOf(this.#deps.db, siteId) };
  }

  async putKeys(siteId: SiteId, { keys }: FirmwareKeys, changedBy: string): Promise<FirmwareKeys> {
    for (const [index, key] of keys.entries()) {
      if (!(await parsePublicKey(key))) {
        throw new AppError('bad_request', {
          details: { in: 'body', path: `keys.${index}`, reason: 'must be a point on P-256' },
        });
      }
    }
    await this.#deps.unitOfWork.run(async ({ tx, emit, hold }) => {
      await hold({ site: siteId });
      await putFirmwareKeys(tx, siteId, keys);
      const actor = actorOfSubject(changedBy);
      emit({ site: siteId, type: 'firmware.trust_changed', actor, data: { keys: keys.length } });
    }, siteId);
    this.#deps.log.info({ siteId, keys: keys.length, changedBy }, 'firmware keys changed');
    return await this.keys(siteId);
  }

  async #check(siteId: SiteId, bytes: Uint8Array): Promise<FirmwareImage> {
    const image = parseFirmwareFile(bytes);
    if (!image || !(await isIntact(image))) throw new AppError('firmware_file_invalid');
    const keys = await this.#keysOf(siteId);
    if (keys.length > 0 && !(await isSignedBy(keys, image)))
      throw new AppError('firmware_unsigned');
    return image;
  }

  async #keep(
    file: StoredFile,
    image: FirmwareImage,
    wanted: { readonly siteId: SiteId; readonly uploadedBy: string },
  ): Promise<{ readonly firmware: FirmwareView; readonly isNew: boolean }> {
    const { db, unitOfWork, clock, images, log } = this.#deps;
    const { siteId, uploadedBy } = wanted;
    const keys = await this.#keysOf(siteId);
    const nowMs = clock.nowMs();
    const fresh: FirmwareRecord = {
      id: newId(FirmwareId, nowMs),
      siteId,
      sha256: file.sha256,
      fileBytes: file.content.length,
      manifestBytes: image.manifestBytes,
      keyId: image.keyId,
      signature: image.signature,
      model: image.manifest.model,
      uploadedBy,
      uploadedAtMs: nowMs,
    };
    const known = await firmwareOfDigest(db, siteId, file.sha256);
    if (!known && !(await hasRoom(db, fresh))) throw firmwareLimit();
    const store = async () => {
      await images.prepare(file, siteId);
      return await unitOfWork.run(async (work) => {
        const { tx, emit, hold } = work;
        await hold({ image: file.sha256 });
        await hold({ site: siteId });
        const there = await firmwareOfDigest(tx, siteId, file.sha256);
        if (!there && !(await hasRoom(tx, fresh))) {
          await images.release(work, file.sha256);
          return undefined;
        }
        await images.complete(work, file);
        if (there) return there;
        await insertFirmware(tx, fresh);
        const { model, version } = image.manifest;
        const actor = actorOfSubject(uploadedBy);
        const data = { firmwareId: fresh.id, model, version };
        emit({ site: siteId, type: 'firmware.added', actor, data });
        return fresh;
      }, siteId);
    };
    const before = await store().catch(async (error: unknown) => {
      // Otherwise its parts would stay until the next start.
      await images.drop(file.sha256, siteId).catch(() => undefined);
      throw error;
    });
    if (!before) throw firmwareLimit();
    const isNew = before === fresh;
    if (isNew) {
      const { model, version } = image.manifest;
      log.info({ firmwareId: fresh.id, siteId, model, version, uploadedBy }, 'firmware uploaded');
    }
    return { firmware: await viewOf(before, keys), isNew };
  }

  async #keysOf(siteId: SiteId): Promise<Uint8Array[]> {
    const texts = await firmwareKeysOf(this.#deps.db, siteId);
    const keys = await Promise.all(texts.map((text) => parsePublicKey(text)));
    return keys.flatMap((key) => (key ? [key] : []));
  }

  async #record(id: FirmwareId): Promise<FirmwareRecord> {
    const firmware = await findFirmware(this.#deps.db, id);
    if (!firmware) throw new AppError('firmware_unknown');
    return firmware;
  }
}

/** Whether the site may have one more. */
async function hasRoom(db: Db, { siteId, fileBytes }: FirmwareRecord): Promise<boolean> {
  const all = await firmwareOfSite(db, siteId);
  const bytes = all.reduce((sum, one) => sum + one.fileBytes, fileBytes);
  return all.length < LIMITS.firmwarePerSite && bytes <= LIMITS.firmwareBytesPerSite;
}

function firmwareLimit(): AppError {
  return new AppError('firmware_limit', {
    details: { images: LIMITS.firmwarePerSite, bytes: LIMITS.firmwareBytesPerSite },
  });
}
