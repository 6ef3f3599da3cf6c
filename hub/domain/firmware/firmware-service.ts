import type { ReadStream } from 'node:fs';
import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import type { FirmwareKeys, FirmwareView } from '#protocol/http/firmware.ts';
import { FirmwareId, type SiteId, type UserId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { FileDigest } from '#protocol/rollout/update-order.ts';
import { LIMITS } from '#protocol/limits.ts';
import { type FirmwareImage, parseFirmwareFile } from '#protocol/update/firmware-file.ts';
import { decodeManifest } from '#protocol/update/firmware-manifest.ts';
import {
  formatKeyId,
  isIntact,
  isSignedBy,
  parsePublicKey,
} from '#protocol/update/firmware-signature.ts';
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
  isFileNeeded,
  putFirmwareKeys,
} from '../../store/firmware.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { actorOfSubject } from '../accounts/principal.ts';
import { isFirmwareInUse } from '../../store/rollouts.ts';
import type { Db } from '../../store/schema.ts';
import type { FirmwareFiles, ReceivedFile } from './firmware-files.ts';

export interface FirmwareServiceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly files: FirmwareFiles;
}

/**
 * Concurrent uploads, straight to the disk, and those of one person at one site. When
 * all slots are used, the one with the most loses one to a new upload.
 */
const UPLOADS = { total: 32, perInnermost: 2 };
/** Files verified in memory at once; the others wait without using memory. */
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
  /**
   * Changes of the folder run one after the other: a file is never removed while a site
   * adds it.
   */
  #folderTurn: Promise<unknown> = Promise.resolve();
  readonly #slots = new FairSlots(UPLOADS);
  readonly #checks = new Semaphore({ permits: MAX_CHECKS, maxQueued: UPLOADS.total });

  constructor(deps: FirmwareServiceDeps) {
    this.#deps = deps;
  }

  /** Uploads in progress. */
  get uploads(): number {
    return this.#slots.size;
  }

  /** Clears away files that belong to no site (it was removed, or a crash came between). */
  async open(): Promise<void> {
    const { db, files } = this.#deps;
    await files.open();
    for (const sha256 of await files.digests()) {
      if (!(await isFileNeeded(db, sha256))) await files.remove(sha256);
    }
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
        const image = await this.#inMemory(wanted.siteId, file);
        return await this.#inTurn(() => this.#keep(file, image, wanted));
      } finally {
        await files.discard(file);
      }
    } finally {
      release();
    }
  }

  async #inMemory(siteId: SiteId, file: ReceivedFile): Promise<FirmwareImage> {
    return await this.#checks.run(siteId, async () =>
      this.#check(siteId, await this.#deps.files.read(file)),
    );
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

  /** @param range first and last byte. */
  content(
    { sha256 }: FirmwareFile,
    range: { readonly start: number; readonly end: number },
  ): ReadStream {
    return this.#deps.files.stream(sha256, range);
  }

  async remove(id: FirmwareId, removedBy: string): Promise<void> {
    const { db, unitOfWork, files, log } = this.#deps;
    await this.#inTurn(async () => {
      const removed = await unitOfWork.run(async ({ tx, emit, hold }) => {
        const known = await findFirmware(tx, id);
        if (known) await hold({ site: known.siteId });
        const found = known && (await findFirmware(tx, id));
        if (!found) throw new AppError('firmware_unknown');
        if (await isFirmwareInUse(tx, id)) throw new AppError('firmware_in_use');
        await deleteFirmware(tx, id);
        const data = { firmwareId: id, model: found.model, ...versionOf(found) };
        const actor = actorOfSubject(removedBy);
        emit({ site: found.siteId, type: 'firmware.removed', actor, data });
        return found;
      }, removedBy);
      if (!(await isFileNeeded(db, removed.sha256))) await files.remove(removed.sha256);
      log.info({ firmwareId: id, siteId: removed.siteId, removedBy }, 'firmware removed');
    });
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
    file: ReceivedFile,
    image: FirmwareImage,
    wanted: { readonly siteId: SiteId; readonly uploadedBy: string },
  ): Promise<{ readonly firmware: FirmwareView; readonly isNew: boolean }> {
    const { unitOfWork, clock, files, log } = this.#deps;
    const { siteId, uploadedBy } = wanted;
    const keys = await this.#keysOf(siteId);
    const nowMs = clock.nowMs();
    const fresh: FirmwareRecord = {
      id: newId(FirmwareId, nowMs),
      siteId,
      sha256: file.sha256,
      fileBytes: file.bytes,
      manifestBytes: image.manifestBytes,
      keyId: image.keyId,
      signature: image.signature,
      model: image.manifest.model,
      uploadedBy,
      uploadedAtMs: nowMs,
    };
    // The file before the row: one without a row is cleared away, a row without its file never helps.
    await files.keep(file);
    const before = await unitOfWork.run(async ({ tx, emit, hold }) => {
      await hold({ site: siteId });
      const there = await firmwareOfDigest(tx, siteId, file.sha256);
      if (there) return there;
      const all = await firmwareOfSite(tx, siteId);
      const bytes = all.reduce((sum, { fileBytes }) => sum + fileBytes, file.bytes);
      if (all.length >= LIMITS.firmwarePerSite || bytes > LIMITS.firmwareBytesPerSite) {
        return undefined;
      }
      await insertFirmware(tx, fresh);
      const { model, version } = image.manifest;
      const actor = actorOfSubject(uploadedBy);
      const data = { firmwareId: fresh.id, model, version };
      emit({ site: siteId, type: 'firmware.added', actor, data });
      return fresh;
    }, siteId);
    if (!before) {
      if (!(await isFileNeeded(this.#deps.db, file.sha256))) await files.remove(file.sha256);
      throw new AppError('firmware_limit', {
        details: { images: LIMITS.firmwarePerSite, bytes: LIMITS.firmwareBytesPerSite },
      });
    }
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

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#folderTurn.then(work);
    this.#folderTurn = done.catch(() => undefined);
    return done;
  }

  async #record(id: FirmwareId): Promise<FirmwareRecord> {
    const firmware = await findFirmware(this.#deps.db, id);
    if (!firmware) throw new AppError('firmware_unknown');
    return firmware;
  }
}

function versionOf({ manifestBytes }: FirmwareRecord): { readonly version?: string } {
  const manifest = decodeManifest(manifestBytes);
  return manifest ? { version: manifest.version } : {};
}

async function viewOf(
  firmware: FirmwareRecord,
  keys: readonly Uint8Array[],
): Promise<FirmwareView> {
  const manifest = decodeManifest(firmware.manifestBytes);
  if (!manifest) throw new AppError('internal');
  const isGood = await isSignedBy(keys, firmware);
  return {
    id: firmware.id,
    siteId: firmware.siteId,
    manifest,
    keyId: formatKeyId(firmware.keyId),
    fileBytes: firmware.fileBytes,
    sha256: firmware.sha256,
    signature: keys.length === 0 ? 'unchecked' : isGood ? 'trusted' : 'untrusted',
    uploadedBy: firmware.uploadedBy,
    uploadedAt: toInstant(firmware.uploadedAtMs),
  };
}
