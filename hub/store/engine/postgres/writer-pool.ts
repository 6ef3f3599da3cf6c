import { AppError } from '#protocol/errors.ts';
import { FairSerial } from '#platform/sharing/fair-serial.ts';
import { TransactionGone } from '../savepoint.ts';
import type { Db, Tx } from '../../schema.ts';
import type { Writer } from '../writer.ts';

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
  readonly #db: Db;
  readonly #queues: readonly FairSerial[];

  constructor(db: Db, queues: number) {
    this.#db = db;
    const share = Math.ceil(MAX_WAITING / queues);
    this.#queues = Array.from({ length: queues }, () => new FairSerial(share));
  }

  get size(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.size, 0);
  }

  async run<T>(
    work: (tx: Tx) => Promise<T>,
    by: string,
    committed?: (result: T) => void,
  ): Promise<T> {
    const queue = this.#queues[hashOf(by) % this.#queues.length];
    if (!queue) throw new AppError('internal');
    try {
      return await queue.run(by, async () => {
        const result = await this.#db.transaction().execute(work);
        committed?.(result);
        return result;
      });
    } catch (error) {
      throw error instanceof TransactionGone ? error.cause : error;
    }
  }

  async drain(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.drain()));
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
