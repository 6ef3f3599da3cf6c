import { AppError } from '#protocol/errors.ts';
import { FairQueue } from '#platform/sharing/fair-queue.ts';
import { TransactionGone } from '../../savepoint.ts';
import type { Db, Tx } from '../../schema.ts';
import type { Writer } from '../../unit-of-work.ts';

interface Job {
  readonly run: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Waiting jobs of all queues together. */
const MAX_WAITING = 5_000;

/**
 * The only way to write. Each job is its own transaction: PostgreSQL shares the syncs of
 * concurrent commits, and a group over several sites would lock their rows in an order
 * that differs between groups.
 * Jobs of one writer run in the order of arrival; different writers run concurrently, as
 * many as there are queues. When too many jobs wait in a queue, the writer with the most of
 * them loses its newest.
 */
export class WriterPool implements Writer {
  readonly #queues: readonly WriterQueue[];

  constructor(db: Db, queues: number) {
    const share = Math.ceil(MAX_WAITING / queues);
    this.#queues = Array.from({ length: queues }, () => new WriterQueue(db, share));
  }

  get size(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.size, 0);
  }

  run<T>(work: (tx: Tx) => Promise<T>, by: string, committed?: (result: T) => void): Promise<T> {
    const queue = this.#queues[hashOf(by) % this.#queues.length];
    if (!queue) throw new AppError('internal');
    return queue.run(work, by, committed);
  }

  async drain(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.drain()));
  }
}

/** Runs transactions one after the other. */
class WriterQueue {
  readonly #db: Db;
  readonly #waiting: FairQueue<Job>;
  #running: Promise<void> | undefined;
  #inProgress = 0;

  constructor(db: Db, max: number) {
    this.#db = db;
    this.#waiting = new FairQueue<Job>(max);
  }

  get size(): number {
    return this.#waiting.size + this.#inProgress;
  }

  run<T>(
    work: (tx: Tx) => Promise<T>,
    by: string,
    committed: ((result: T) => void) | undefined,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const dropped = this.#waiting.push(by, {
        run: async () => {
          const result = await this.#db.transaction().execute(work);
          committed?.(result);
          resolve(result);
        },
        failed: reject,
      });
      dropped?.failed(new AppError('overloaded'));
      this.#running ??= this.#work();
    });
  }

  async drain(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #work(): Promise<void> {
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      this.#inProgress = 1;
      try {
        await job.run();
      } catch (error) {
        job.failed(error instanceof TransactionGone ? error.cause : error);
      }
      this.#inProgress = 0;
    }
    this.#running = undefined;
  }
}

/** FNV-1a, 32 bits: even enough for a handful of queues. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
