import { closeSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';

/** Of the index's header, which SQLite keeps in the file beside the log (walformat.html, "2.1"). */
const HEADER_BYTES = 48;
const AT_CHANGES = 8;
const AT_PAGE_BYTES = 14;
const AT_FRAMES = 16;
const AT_SALT = 32;
const SALT_BYTES = 8;
/** Of the log itself: the header of the file, and that of each frame. */
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const SALT_IN_FRAME = 8;

interface State {
  readonly changes: number;
  readonly frames: number;
  readonly pageBytes: number;
  readonly salt: Buffer;
}

/**
 * Counts, from outside, what a program commits to a SQLite database: transactions, and the
 * pages that they write to its log. The log begins anew after a checkpoint, so `look` is
 * to be called more often than that happens (every 8,000 pages at the hub, 1,000 at the base).
 */
export class WriteAheadLog {
  readonly #database: string;
  #seen: State;
  transactions = 0;
  pages = 0;

  /** @param database the file of the database, which a program has open */
  constructor(database: string) {
    this.#database = database;
    this.#seen = this.#read();
  }

  look(): void {
    const before = this.#seen;
    const now = this.#read();
    this.#seen = now;
    // 32 bits, and they may run over.
    this.transactions += (now.changes - before.changes) >>> 0;
    if (now.salt.equals(before.salt)) this.pages += now.frames - before.frames;
    else this.pages += this.#framesOf(before, now.frames) - before.frames + now.frames;
  }

  /** What stood in the log when it began anew: the frames that bear its salt, behind the new ones. */
  #framesOf({ salt, frames, pageBytes }: State, overwritten: number): number {
    const log = openSync(`${this.#database}-wal`, 'r');
    try {
      let count = Math.max(frames, overwritten);
      const found = Buffer.alloc(SALT_BYTES);
      for (;;) {
        const at = LOG_HEADER_BYTES + count * (FRAME_HEADER_BYTES + pageBytes) + SALT_IN_FRAME;
        const read = readSync(log, found, 0, SALT_BYTES, at);
        if (read < SALT_BYTES || !found.equals(salt)) return count;
        count += 1;
      }
    } finally {
      closeSync(log);
    }
  }

  #read(): State {
    const index = openSync(`${this.#database}-shm`, 'r');
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      const copy = Buffer.alloc(HEADER_BYTES);
      do {
        // Two copies, written one after the other: they differ only while that happens.
        readSync(index, header, 0, HEADER_BYTES, 0);
        readSync(index, copy, 0, HEADER_BYTES, HEADER_BYTES);
      } while (!header.equals(copy));
      const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
      const isLittle = endianness() === 'LE';
      return {
        changes: view.getUint32(AT_CHANGES, isLittle),
        pageBytes: view.getUint16(AT_PAGE_BYTES, isLittle),
        frames: view.getUint32(AT_FRAMES, isLittle),
        salt: header.subarray(AT_SALT, AT_SALT + SALT_BYTES),
      };
    } finally {
      closeSync(index);
    }
  }
}
