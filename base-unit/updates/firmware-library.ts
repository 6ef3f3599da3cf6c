import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { type FirmwareImage, parseFirmwareFile } from '#protocol/update/firmware-file.ts';
import { isIntact } from '#protocol/update/firmware-signature.ts';
import { faultOfWrite } from '#platform/files/full-disk.ts';
import { makeOwnFolder } from '#platform/files/private-folder.ts';
import type { FirmwareFiles } from './unit-update.ts';

export interface FirmwareLibraryDeps {
  readonly folder: string;
  /** The files that an update or a unit's last good firmware needs. */
  readonly inUse: () => ReadonlySet<string>;
}

const ENDING = '.sbfw';
/** Files that nobody needs now, newest first: an order for them may be about to come. */
const MAX_SPARE = 4;

/** Firmware files in a folder, each under the SHA-256 of its bytes. */
export class FirmwareLibrary implements FirmwareFiles {
  readonly #deps: FirmwareLibraryDeps;
  /** Ids that came in, oldest first; those of an earlier run count as oldest. */
  readonly #arrived: string[];

  constructor(deps: FirmwareLibraryDeps) {
    this.#deps = deps;
    this.#arrived = existsSync(deps.folder) ? idsIn(deps.folder) : [];
  }

  async put(file: Uint8Array): Promise<string> {
    const fileId = createHash('sha256').update(file).digest('hex');
    if (this.has(fileId)) return fileId;
    const firmware = parseFirmwareFile(file);
    if (!firmware || !(await isIntact(firmware))) throw new AppError('firmware_file_invalid');
    try {
      this.#write(fileId, file);
    } catch (error) {
      throw faultOfWrite(error);
    }
    this.#arrived.push(fileId);
    this.#prune();
    return fileId;
  }

  has(fileId: string): boolean {
    return this.#arrived.includes(fileId);
  }

  /** Undefined when it is not here. One that was damaged since it came is forgotten, so that it can come again. */
  read(fileId: string): FirmwareImage | undefined {
    if (!this.has(fileId)) return undefined;
    const file = this.#readWhole(fileId);
    if (!file) this.#forget(fileId);
    return file && parseFirmwareFile(file);
  }

  #readWhole(fileId: string): Buffer | undefined {
    try {
      const file = readFileSync(this.#path(fileId));
      return createHash('sha256').update(file).digest('hex') === fileId ? file : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whole or not at all, and on the disk when it returns. */
  #write(fileId: string, file: Uint8Array): void {
    const { folder } = this.#deps;
    makeOwnFolder(folder);
    const fresh = join(folder, `${fileId}.new`);
    const fd = openSync(fresh, 'w', 0o600);
    try {
      writeFileSync(fd, file);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, this.#path(fileId));
    const directory = openSync(folder, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }

  #prune(): void {
    const inUse = this.#deps.inUse();
    const spare = this.#arrived.filter((fileId) => !inUse.has(fileId));
    for (const fileId of spare.slice(0, Math.max(0, spare.length - MAX_SPARE))) {
      this.#forget(fileId);
    }
  }

  #forget(fileId: string): void {
    rmSync(this.#path(fileId), { force: true });
    this.#arrived.splice(this.#arrived.indexOf(fileId), 1);
  }

  #path(fileId: string): string {
    return join(this.#deps.folder, fileId + ENDING);
  }
}

function idsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^[0-9a-f]{64}\.sbfw$/.test(name))
    .map((name) => name.slice(0, -ENDING.length));
}
