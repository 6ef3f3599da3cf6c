import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { faultOfWrite } from '#platform/files/full-disk.ts';
import { Clocks } from './clocks.ts';
import { Cursor } from './cursor.ts';
import { type Database, openDatabase, type Transaction } from './database.ts';
import { Descriptions } from './descriptions.ts';
import { Journal } from './journal.ts';
import { machineBoot } from './machine-boot.ts';
import { GapRecords } from './outbox/gap-records.ts';
import { Outbox } from './outbox/outbox.ts';
import type { OutboxEvent } from './outbox/outbox-event.ts';
import type { OutboxBounds } from './outbox/retention.ts';
import { UnitList } from './unit-list.ts';
import { UpdateRecords } from './update-records.ts';

const DAY_MS = 86_400_000;

/** What the outbox may hold while the hub is away; beyond it the oldest readings go, then the oldest of what else happened. */
export const DEFAULT_OUTBOX_BOUNDS: OutboxBounds = {
  maxBytes: 256 * 1_048_576,
  maxAgeMs: 30 * DAY_MS,
};

export interface StoreOptions {
  readonly path: string;
  readonly outbox?: OutboxBounds;
  /** How long others who write may hold it up; default: 2 s. */
  readonly busyTimeoutMs?: number;
  /** Identifies this run of the machine; default: from the system. */
  readonly boot?: string | undefined;
}

/** All that the base keeps over a restart. */
export class Store {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly gaps: GapRecords;
  readonly clocks: Clocks;
  readonly cursor: Cursor;
  readonly units: UnitList;
  readonly descriptions: Descriptions;
  readonly updates: UpdateRecords;
  /**
   * Whether every mark that earlier runs made without waiting for the disk ({@link
   * commitSoon}) exists. Not after a power cut: then a command that was sent may look
   * unsent.
   */
  readonly areMarksCertain: boolean;
  readonly #database: Database;
  /** Made once: making it costs three times what an empty transaction does. */
  readonly #inTransaction: Transaction<(work: () => void) => void>;
  readonly #boot: string;
  #isRunNamed: boolean;
  /** Marks that a power cut made uncertain are still to be written. */
  #mustMarkUnknown = false;

  constructor(database: Database, bounds: OutboxBounds, boot: string | undefined) {
    this.#database = database;
    this.#inTransaction = database.transaction((work: () => void) => {
      work();
    });
    this.journal = new Journal(database);
    this.gaps = new GapRecords(database);
    this.clocks = new Clocks(database, boot);
    this.outbox = new Outbox(database, { bounds, gaps: this.gaps, clocks: this.clocks });
    this.cursor = new Cursor(database);
    this.units = new UnitList(database);
    this.descriptions = new Descriptions(database);
    this.updates = new UpdateRecords(database);
    const writtenIn = writtenInOf(database);
    this.#boot = boot ?? 'unnamed';
    this.areMarksCertain = writtenIn === null || writtenIn === boot;
    this.#isRunNamed = writtenIn === this.#boot;
  }

  /** First of all: marks that a power cut made uncertain stay so over all further runs. */
  begin(): void {
    if (this.areMarksCertain) return;
    this.#mustMarkUnknown = true;
    this.journal.mustMarkUnknown = true;
    try {
      this.commit(() => undefined);
    } catch (error) {
      // Nothing can be received either: the first commit that fits writes the marks.
      if (!(error instanceof AppError) || error.code !== 'storage_full') throw error;
    }
  }

  #markUnknown(): void {
    nameRun(this.#database, this.#boot);
    this.journal.markUnknown();
  }

  #markedUnknown(): void {
    if (!this.#mustMarkUnknown) return;
    this.#mustMarkUnknown = false;
    this.journal.mustMarkUnknown = false;
    this.#isRunNamed = true;
  }

  /** All of it or nothing; on the disk when it returns. @throws AppError `storage_full`, or what `work` throws. */
  commit<T>(work: () => T): T {
    try {
      // Locks before it reads: a write of another process (`base unit-key`) after a read would make
      // this write fail at once, without the busy timeout.
      const isOuter = !this.#database.inTransaction;
      let outcome: () => T = work;
      this.#inTransaction.immediate(() => {
        if (this.#mustMarkUnknown && isOuter) this.#markUnknown();
        const result = work();
        outcome = () => result;
      });
      if (isOuter) this.#markedUnknown();
      if (!this.#database.inTransaction) this.outbox.committed();
      return outcome();
    } catch (error) {
      this.outbox.reload();
      this.gaps.reload();
      this.cursor.reload();
      throw faultOfWrite(error);
    }
  }

  /**
   * As {@link commit}, without waiting for the disk: it survives the end of this
   * process, and of the machine once the next commit is through. Not for
   * what goes into the outbox.
   */
  commitSoon<T>(work: () => T): T {
    if (!this.#isRunNamed) return this.#commitNamed(work);
    // Without a statement object for each, as pragma() makes them.
    this.#database.exec('PRAGMA synchronous = NORMAL');
    try {
      return this.commit(work);
    } finally {
      this.#database.exec('PRAGMA synchronous = FULL');
    }
  }

  /** The first one of a run waits for the disk, since it identifies the run of the next ones. */
  #commitNamed<T>(work: () => T): T {
    const result = this.commit(() => {
      nameRun(this.#database, this.#boot);
      return work();
    });
    this.#isRunNamed = true;
    return result;
  }

  /**
   * Call inside a transaction. @returns events that report dropped readings; they may
   * be sent after it.
   */
  readonly reportGaps = (nowMs: number): OutboxEvent[] => {
    const gaps: OutboxEvent[] = [];
    this.gaps.report((data) => {
      const events = this.outbox.append([{ type: 'readings.dropped', data }], nowMs);
      gaps.push(...events);
      return events[0]?.seq ?? 0;
    });
    return gaps;
  };

  close(): void {
    this.#release();
    this.#database.close();
  }

  /**
   * This commit waits for the disk, and so for all earlier writes. On a full disk the
   * numbers stay reserved, of which there are plenty, and the next start treats marks
   * as uncertain, which is always safe.
   */
  #release(): void {
    if (!this.#database.open) return;
    try {
      this.commit(() => {
        this.outbox.release();
        nameRun(this.#database, null);
      });
    } catch {
      return;
    }
  }
}

export function openStore(options: StoreOptions): Store {
  const { path, outbox = DEFAULT_OUTBOX_BOUNDS } = options;
  const boot = 'boot' in options ? options.boot : machineBoot();
  const store = new Store(openDatabase(path, options.busyTimeoutMs), outbox, boot);
  store.begin();
  return store;
}

const WrittenIn = z.object({ written_in: z.string().nullable() });

function writtenInOf(database: Database): string | null {
  return WrittenIn.parse(database.prepare('SELECT written_in FROM positions').get()).written_in;
}

function nameRun(database: Database, boot: string | null): void {
  database.prepare('UPDATE positions SET written_in = ?').run(boot);
}
