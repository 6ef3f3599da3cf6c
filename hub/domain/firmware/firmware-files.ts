import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { FileDigest } from '#protocol/rollout/update-order.ts';
import { faultOfWrite } from '#platform/files/full-disk.ts';

/** A received file that is not in the database yet. */
export interface ReceivedFile {
  readonly path: string;
  readonly sha256: FileDigest;
  readonly bytes: number;
}

/** Name endings of files that are being received. */
const PART = '.part';

/**
 * The folder in which uploads wait until they are complete, so that slow ones need no memory.
 * What a crash leaves behind is cleared away at the next start. Earlier versions kept the
 * images themselves here, each under its digest.
 */
export class FirmwareFiles {
  readonly #folder: string;

  constructor(deps: { readonly folder: string }) {
    this.#folder = deps.folder;
  }

  /** Creates the folder, and removes partial uploads. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#folder);
    for (const name of names) if (name.endsWith(PART)) await rm(join(this.#folder, name));
  }

  /** Images that an earlier version has left here. */
  async digests(): Promise<FileDigest[]> {
    return (await readdir(this.#folder)).filter((name) => FileDigest.safeParse(name).success);
  }

  /**
   * Writes a stream to the disk as it comes.
   *
   * @throws AppError `body_too_large`, `storage_full`, or the reason of the signal, also
   *   while nothing comes; nothing is left of it then.
   */
  async receive(
    content: AsyncIterable<Uint8Array>,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<ReceivedFile> {
    const path = join(this.#folder, randomUUID() + PART);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        for await (const chunk of until(signal, content)) {
          bytes += chunk.length;
          if (bytes > maxBytes) throw new AppError('body_too_large', { details: { maxBytes } });
          hash.update(chunk);
          await file.writeFile(chunk);
        }
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      // A disk error shows here too; the first error is reported.
      await rm(path, { force: true }).catch(() => undefined);
      throw faultOfWrite(error);
    }
    return { path, sha256: hash.digest('hex'), bytes };
  }

  async read(file: ReceivedFile): Promise<Uint8Array> {
    return await readFile(file.path);
  }

  async discard(file: ReceivedFile): Promise<void> {
    await rm(file.path, { force: true });
  }

  /** One of an earlier version. */
  async readImage(sha256: FileDigest): Promise<Uint8Array> {
    return await readFile(this.#path(sha256));
  }

  async removeImage(sha256: FileDigest): Promise<void> {
    await rm(this.#path(sha256), { force: true });
  }

  #path(sha256: FileDigest): string {
    return join(this.#folder, sha256);
  }
}

/** The pieces of a stream until a signal ends them, for which the next piece is not waited for. */
async function* until<T>(signal: AbortSignal, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = pieces[Symbol.asyncIterator]();
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(asError(signal.reason));
    signal.addEventListener('abort', () => reject(asError(signal.reason)), { once: true });
  });
  aborted.catch(() => undefined);
  for (;;) {
    const next = await Promise.race([iterator.next(), aborted]);
    if (next.done === true) return;
    yield next.value;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
