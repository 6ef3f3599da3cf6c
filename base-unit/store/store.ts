import { Cursor } from './cursor.ts';
import { type Database, openDatabase } from './database.ts';
import { Descriptions } from './descriptions.ts';
import { Journal } from './journal.ts';
import { GapRecords } from './gap-records.ts';
import { Outbox, type OutboxBounds, type OutboxEvent } from './outbox.ts';
import { UnitList } from './unit-list.ts';

const DAY_MS = 86_400_000;

/** What the outbox may hold while the hub is away; beyond it the oldest readings go, then the oldest of what else happened. */
export const DEFAULT_OUTBOX_BOUNDS: OutboxBounds = {
  maxBytes: 256 * 1_048_576,
  maxAgeMs: 30 * DAY_MS,
};

export interface StoreOptions {
  readonly path: string;
  readonly outbox?: OutboxBounds;
}

/** All that the base keeps over a restart. */
export class Store {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly gaps: GapRecords;
  readonly cursor: Cursor;
  readonly units: UnitList;
  readonly descriptions: Descriptions;
  readonly #database: Database;

  constructor(database: Database, bounds: OutboxBounds) {
    this.#database = database;
    this.journal = new Journal(database);
    this.gaps = new GapRecords(database);
    this.outbox = new Outbox(database, bounds, this.gaps);
    this.cursor = new Cursor(database);
    this.units = new UnitList(database);
    this.descriptions = new Descriptions(database);
  }

  /** All of it or nothing; on the disk when it returns. */
  commit<T>(work: () => T): T {
    try {
      const result = this.#database.transaction(work)();
      if (!this.#database.inTransaction) this.outbox.committed();
      return result;
    } catch (error) {
      this.outbox.reload();
      this.gaps.reload();
      throw error;
    }
  }

  /**
   * As {@link commit}, without waiting for the disk: it survives the end of this
   * process, and of the machine once the next commit is through. Not for
   * what goes into the outbox.
   */
  commitSoon<T>(work: () => T): T {
    this.#database.pragma('synchronous = NORMAL');
    try {
      return this.commit(work);
    } finally {
      this.#database.pragma('synchronous = FULL');
    }
  }

  /** Call inside a transaction. @returns events that tell of what was given up; they may be sent after it. */
  readonly tellGaps = (nowMs: number): OutboxEvent[] => {
    const told: OutboxEvent[] = [];
    this.gaps.tell((data) => {
      const events = this.outbox.append([{ type: 'readings.dropped', data }], nowMs);
      told.push(...events);
      return events[0]?.seq ?? 0;
    });
    return told;
  };

  close(): void {
    this.#release();
    this.#database.close();
  }

  /** On a full disk the numbers stay set aside: they are many. */
  #release(): void {
    try {
      if (this.#database.open) this.commit(() => this.outbox.release());
    } catch {
      return;
    }
  }
}

export function openStore({ path, outbox = DEFAULT_OUTBOX_BOUNDS }: StoreOptions): Store {
  return new Store(openDatabase(path), outbox);
}
