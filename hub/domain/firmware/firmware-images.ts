import { Readable } from 'node:stream';
import { AppError } from '#protocol/errors.ts';
import type { FileDigest } from '#protocol/rollout/update-order.ts';
import { isFileNeeded } from '../../store/firmware.ts';
import {
  deleteParts,
  findPart,
  IMAGE_PART_BYTES,
  insertPart,
  orphanedImages,
  storedParts,
} from '../../store/firmware-images.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';

/** Written in one transaction: others wait for no more than that. */
const PARTS_PER_COMMIT = 4;

export interface StoredFile {
  readonly sha256: FileDigest;
  readonly content: Uint8Array;
}

/**
 * The files of images in the database, where every hub finds them. Each is there once,
 * however many sites have it.
 *
 * An image is stored before the row of the site that has it. Its parts may be there without
 * that row, after a crash or until it is written, and may be cleared away any time then; so
 * whoever writes the row completes them in the same transaction.
 */
export class FirmwareImages {
  readonly #db: Db;
  readonly #unitOfWork: UnitOfWork;

  constructor(deps: { readonly db: Db; readonly unitOfWork: UnitOfWork }) {
    this.#db = deps.db;
    this.#unitOfWork = deps.unitOfWork;
  }

  /** Stores the parts that are missing, a few at a time. */
  async prepare(file: StoredFile, by: string): Promise<void> {
    const parts = partsOf(file);
    for (let first = 0; first < parts.length; first += PARTS_PER_COMMIT) {
      await this.#unitOfWork.run(async (work) => {
        await work.hold({ image: file.sha256 });
        await insertMissing(work, file.sha256, parts.slice(first, first + PARTS_PER_COMMIT));
      }, by);
    }
  }

  /** In a transaction that holds the image: from here on all of it is there. */
  async complete(work: Work, file: StoredFile): Promise<void> {
    await insertMissing(work, file.sha256, partsOf(file));
  }

  /** In a transaction that holds the image: removes it, unless a site has it. */
  async release({ tx }: Work, sha256: FileDigest): Promise<void> {
    if (!(await isFileNeeded(tx, sha256))) await deleteParts(tx, sha256);
  }

  /** Clears away what belongs to no site (it was removed, or a crash came between). */
  async sweep(): Promise<void> {
    for (const sha256 of await orphanedImages(this.#db)) await this.drop(sha256, sha256);
  }

  /** Removes an image, unless a site has it. */
  async drop(sha256: FileDigest, by: string): Promise<void> {
    await this.#unitOfWork.run(async (work) => {
      await work.hold({ image: sha256 });
      await this.release(work, sha256);
    }, by);
  }

  /**
   * A part of it is in memory at a time.
   *
   * @param range first and last byte.
   * @throws AppError `storage_unavailable` when it is not there: a hub of an earlier version
   *   still has it in its folder.
   */
  async read(
    sha256: FileDigest,
    { start, end }: { readonly start: number; readonly end: number },
  ): Promise<Readable> {
    const first = Math.floor(start / IMAGE_PART_BYTES);
    const last = Math.floor(end / IMAGE_PART_BYTES);
    const db = this.#db;
    const part = async (number: number): Promise<Uint8Array> => {
      const bytes = await findPart(db, sha256, number);
      if (!bytes) throw new AppError('storage_unavailable');
      const offset = number * IMAGE_PART_BYTES;
      return bytes.subarray(Math.max(0, start - offset), end - offset + 1);
    };
    // Before the answer has begun, which could not say any more that there is nothing.
    const beginning = await part(first);
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield beginning;
      for (let number = first + 1; number <= last; number += 1) yield await part(number);
    };
    return Readable.from(pieces(), { objectMode: false, highWaterMark: IMAGE_PART_BYTES });
  }
}

interface NumberedPart {
  readonly part: number;
  readonly bytes: Uint8Array;
}

function partsOf({ content }: StoredFile): NumberedPart[] {
  return Array.from({ length: Math.ceil(content.length / IMAGE_PART_BYTES) }, (_, part) => ({
    part,
    bytes: content.subarray(part * IMAGE_PART_BYTES, (part + 1) * IMAGE_PART_BYTES),
  }));
}

async function insertMissing(
  { tx }: Work,
  sha256: FileDigest,
  parts: readonly NumberedPart[],
): Promise<void> {
  const there = await storedParts(tx, sha256);
  for (const { part, bytes } of parts) {
    if (!there.has(part)) await insertPart(tx, { sha256, part, bytes });
  }
}
