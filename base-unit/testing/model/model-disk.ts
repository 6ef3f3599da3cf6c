import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../store/database.ts';
import { DEFAULT_OUTBOX_BOUNDS, Store } from '../../store/store.ts';

const SYNCHRONOUS_FULL = 2;

/** The data folder of a base over all its runs: what is written, and what survives a power cut. */
export class ModelDisk {
  /** While it is full, no commit gets through. */
  isFull = false;
  readonly #parent: string;
  #runs = 0;
  #powerCuts = 0;
  #hasUnsynced = false;

  constructor(parent: string) {
    this.#parent = parent;
    mkdirSync(this.#written);
  }

  /** A base does not start on a full disk: room was made. */
  open(): Store {
    this.isFull = false;
    // By the first commit of the new life.
    this.#hasUnsynced = false;
    const store = new ModelStore(join(this.#written, 'base.db'), this);
    store.begin();
    return store;
  }

  /** The next commit is not synced: only what was there before is certain to survive. */
  unsynced(): void {
    if (!this.#hasUnsynced) copy(this.#written, this.#synced);
    this.#hasUnsynced = true;
  }

  synced(): void {
    this.#hasUnsynced = false;
  }

  /** A killed process leaves what it wrote, a power cut what was synced. */
  leaveBehind(cause: 'killed' | 'power cut'): void {
    const left = cause === 'power cut' && this.#hasUnsynced ? this.#synced : this.#written;
    this.#runs += 1;
    if (cause === 'power cut') this.#powerCuts += 1;
    copy(left, this.#written);
  }

  get machineBoot(): string {
    return `boot ${this.#powerCuts}`;
  }

  get #written(): string {
    return join(this.#parent, `life ${this.#runs}`);
  }

  get #synced(): string {
    return join(this.#parent, 'synced');
  }
}

class ModelStore extends Store {
  readonly #disk: ModelDisk;
  readonly #changes: () => unknown;
  readonly #isSynced: () => boolean;
  #isInside = false;

  constructor(path: string, disk: ModelDisk) {
    const database = openDatabase(path);
    super(database, DEFAULT_OUTBOX_BOUNDS, disk.machineBoot);
    this.#disk = disk;
    const count = database.prepare('SELECT total_changes()').pluck();
    this.#changes = () => count.get();
    this.#isSynced = () => database.pragma('synchronous', { simple: true }) === SYNCHRONOUS_FULL;
  }

  override commit<T>(work: () => T): T {
    if (this.#isInside) return super.commit(work);
    this.#isInside = true;
    const before = this.#changes();
    if (!this.#isSynced()) this.#disk.unsynced();
    try {
      const result = super.commit(() => {
        const done = work();
        if (this.#disk.isFull && this.#changes() !== before) throw new Error('disk is full');
        return done;
      });
      // A commit that changes nothing does not sync earlier writes either.
      if (this.#isSynced() && this.#changes() !== before) this.#disk.synced();
      return result;
    } finally {
      this.#isInside = false;
    }
  }
}

/** The index of the write-ahead log is memory shared by processes, not a part of the data. */
function copy(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, filter: (name) => !name.endsWith('-shm') });
}
