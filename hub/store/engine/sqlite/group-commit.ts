import { AppError } from '#protocol/errors.ts';
import { FairQueue } from '#platform/sharing/fair-queue.ts';
import { faultOfWrite, isDiskFull } from '#platform/files/full-disk.ts';
import { TransactionGone, inSavepoint } from '../savepoint.ts';
import type { Db, Tx } from '../../schema.ts';

interface Job {
  readonly run: (tx: Tx) => Promise<void>;
  /** Called after the commit. */
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Maximum jobs per transaction, and maximum jobs that wait. */
const MAX_GROUP = 200;
const MAX_WAITING = 5_000;

/**
 * The only way to write. Jobs that arrive in one turn of the event loop share one transaction,
 * and so one sync of the disk; each is answered after the commit. A job that throws is rolled
 * back alone. A job must await only the database.
 *
 * The jobs of one writer run in the order of arrival; writers take turns. When too many jobs
 * wait, the writer with the most of them loses its newest: nobody's writes keep those of
 * others out, or delay them beyond a fair share.
 */
export class GroupCommit {
  readonly #db: Db;
  readonly #waiting = new FairQueue<Job>(MAX_WAITING);
  #scheduled = false;
  #idle: Promise<void> = Promise.resolve();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Jobs that wait for their transaction. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * @param writer the account that this is done for, or the site if any of its owners may do
   * it.
   * @param committed called right after the commit, for all of its jobs together.
   * @throws `overloaded` when too many jobs wait, most of them this writer's.
   */
  run<T>(
    work: (tx: Tx) => Promise<T>,
    writer: string,
    committed?: (result: T) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let outcome: { readonly value: T } | undefined;
      const dropped = this.#waiting.push(writer, {
        run: async (tx) => {
          outcome = { value: await work(tx) };
        },
        done: () => {
          if (!outcome) return;
          committed?.(outcome.value);
          resolve(outcome.value);
        },
        failed: reject,
      });
      dropped?.failed(new AppError('overloaded'));
      this.#schedule();
    });
  }

  /** Resolves when all jobs submitted so far have ended. */
  async drain(): Promise<void> {
    while (this.#scheduled || this.#waiting.size > 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.#idle;
    }
  }

  /** After the poll phase: requests that arrived together are committed together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#idle = this.#flush().finally(() => {
        this.#scheduled = false;
        if (this.#waiting.size > 0) this.#schedule();
      });
    });
  }

  #nextGroup(): Job[] {
    const jobs: Job[] = [];
    while (jobs.length < MAX_GROUP) {
      const job = this.#waiting.shift();
      if (!job) break;
      jobs.push(job);
    }
    return jobs;
  }

  async #flush(): Promise<void> {
    const jobs = this.#nextGroup();
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
      // If the whole transaction was rolled back, every job of the group fails.
      if (error instanceof TransactionGone || isDiskFull(error)) throw error;
      settle.push(() => job.failed(error));
    }
  }
  return settle;
}
