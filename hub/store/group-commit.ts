import { AppError } from '#protocol/errors.ts';
import { faultOfWrite, isDiskFull } from '../full-disk.ts';
import { TransactionGone, inSavepoint } from './savepoint.ts';
import type { Db, Tx } from './schema.ts';

interface Job {
  readonly run: (tx: Tx) => Promise<void>;
  /** Called after the commit. */
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Jobs of one transaction, and jobs that may wait. */
const MAX_GROUP = 200;
const MAX_WAITING = 5_000;

/**
 * The only way to write. Jobs that arrive in one turn of the event loop share
 * one transaction and so one sync of the disk; each is answered after the
 * commit, in the order of arrival. A job that throws is rolled back alone.
 * A job must wait for nothing but the database.
 */
export class GroupCommit {
  readonly #db: Db;
  #waiting: Job[] = [];
  #scheduled = false;
  #idle: Promise<void> = Promise.resolve();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Jobs that wait for their transaction. */
  get size(): number {
    return this.#waiting.length;
  }

  run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#waiting.length >= MAX_WAITING) {
        reject(new AppError('overloaded'));
        return;
      }
      let outcome: { readonly value: T } | undefined;
      this.#waiting.push({
        run: async (tx) => {
          outcome = { value: await work(tx) };
        },
        done: () => {
          if (outcome) resolve(outcome.value);
        },
        failed: reject,
      });
      this.#schedule();
    });
  }

  /** Resolves when all that was handed in so far is settled. */
  async drain(): Promise<void> {
    while (this.#scheduled || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.#idle;
    }
  }

  /** After the poll phase: whatever requests came in together, go together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#idle = this.#flush().finally(() => {
        this.#scheduled = false;
        if (this.#waiting.length > 0) this.#schedule();
      });
    });
  }

  async #flush(): Promise<void> {
    const jobs = this.#waiting.splice(0, MAX_GROUP);
    let settle: readonly (() => void)[] = [];
    try {
      settle = await this.#db
        .transaction()
        .execute((tx) => (jobs.length === 1 ? runAlone(tx, jobs) : runTogether(tx, jobs)));
    } catch (error) {
      const reason = faultOfWrite(error instanceof TransactionGone ? error.cause : error);
      settle = jobs.map((job) => () => job.failed(reason));
    }
    for (const answer of settle) answer();
  }
}

async function runAlone(tx: Tx, jobs: readonly Job[]): Promise<(() => void)[]> {
  for (const job of jobs) await job.run(tx);
  return jobs.map((job) => job.done);
}

async function runTogether(tx: Tx, jobs: readonly Job[]): Promise<(() => void)[]> {
  const settle: (() => void)[] = [];
  for (const job of jobs) {
    try {
      await inSavepoint(tx, () => job.run(tx));
      settle.push(job.done);
    } catch (error) {
      // With the whole transaction gone nobody of the group is told that anything was stored.
      if (error instanceof TransactionGone || isDiskFull(error)) throw error;
      settle.push(() => job.failed(error));
    }
  }
  return settle;
}
