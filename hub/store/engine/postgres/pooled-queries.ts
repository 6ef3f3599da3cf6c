import type { RawBuilder } from 'kysely';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { FairQueue } from '#platform/sharing/fair-queue.ts';
import type { ReadPool, ReadQueries, ReadTurn } from '../../read-queries.ts';
import type { Db } from '../../schema.ts';
import { POSTGRES_DIALECT } from './dialect.ts';

interface Job {
  readonly run: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Waiting queries per pool; a request waits for each of them. */
const MAX_WAITING = 200;

/** Long reads on read-only connections, one at a time per pool. */
export class PooledQueries implements ReadQueries {
  readonly dialect = POSTGRES_DIALECT;
  readonly #db: Db;
  readonly #lines: Readonly<Record<ReadPool, Line>> = { board: new Line(), history: new Line() };

  constructor(db: Db) {
    this.#db = db;
  }

  get size(): number {
    return this.#lines.board.size + this.#lines.history.size;
  }

  async rows<T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ): Promise<z.output<T>[]> {
    return (await this.timed(schema, query, turn)).rows;
  }

  async timed<T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ): Promise<{ readonly rows: z.output<T>[]; readonly durationMs: number }> {
    return await this.#lines[turn.pool].run(turn.owner, async () => {
      const begunMs = performance.now();
      const { rows } = await query.execute(this.#db);
      const durationMs = performance.now() - begunMs;
      return { rows: z.array(schema).parse(rows), durationMs };
    });
  }

  async close(): Promise<void> {
    for (const line of Object.values(this.#lines)) line.close();
    await this.#db.destroy();
  }
}

/** One query at a time; owners take turns. */
class Line {
  readonly #waiting = new FairQueue<Job>(MAX_WAITING);
  #isBusy = false;
  #isClosed = false;

  get size(): number {
    return this.#waiting.size + (this.#isBusy ? 1 : 0);
  }

  run<T>(owner: string, query: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isClosed) {
        reject(new AppError('not_ready'));
        return;
      }
      const run = async (): Promise<void> => resolve(await query());
      const dropped = this.#waiting.push(owner, { run, failed: reject });
      dropped?.failed(new AppError('overloaded'));
      void this.#work();
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const job of this.#waiting.drain()) job.failed(new AppError('not_ready'));
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      try {
        await job.run();
      } catch (error) {
        job.failed(error instanceof AppError ? error : new AppError('internal', { cause: error }));
      }
    }
    this.#isBusy = false;
  }
}
