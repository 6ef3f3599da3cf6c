import type { RawBuilder } from 'kysely';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { FairSerial } from '#platform/sharing/fair-serial.ts';
import type { ReadPool, ReadQueries, ReadTurn } from '../read-queries.ts';
import type { Db } from '../../schema.ts';
import { POSTGRES_DIALECT } from './dialect.ts';

/** Maximum waiting queries per pool; a request waits for each of them. */
const MAX_WAITING = 200;

/** Long reads on read-only connections, one at a time per pool. */
export class PooledQueries implements ReadQueries {
  readonly dialect = POSTGRES_DIALECT;
  readonly #db: Db;
  readonly #queues: Readonly<Record<ReadPool, FairSerial>> = {
    board: new FairSerial(MAX_WAITING),
    history: new FairSerial(MAX_WAITING),
    upkeep: new FairSerial(MAX_WAITING),
  };

  constructor(db: Db) {
    this.#db = db;
  }

  get size(): number {
    return Object.values(this.#queues).reduce((sum, { size }) => sum + size, 0);
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
    try {
      return await this.#queues[turn.pool].run(turn.owner, async () => {
        const begunMs = performance.now();
        const { rows } = await query.execute(this.#db);
        const durationMs = performance.now() - begunMs;
        return { rows: z.array(schema).parse(rows), durationMs };
      });
    } catch (error) {
      throw error instanceof AppError ? error : new AppError('internal', { cause: error });
    }
  }

  async close(): Promise<void> {
    for (const queue of Object.values(this.#queues)) queue.close();
    await this.#db.destroy();
  }
}
