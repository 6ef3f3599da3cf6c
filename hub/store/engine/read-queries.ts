import type { RawBuilder } from 'kysely';
import type { SqlDialect } from './adapter.ts';
import type { z } from 'zod';

/** Whose read it is, and whether a person is waiting for a page. */
export interface ReadTurn {
  /** Reads of different owners take turns. */
  readonly owner: string;
  /**
   * `board`: the first view of a site. `history`: all that may take its time, slice by slice.
   * `upkeep`: what nobody waits for.
   */
  readonly pool: ReadPool;
}
export type ReadPool = 'board' | 'history' | 'upkeep';

/** Queries that may take long: a bounded number at a time, and without blocking anything else. */
export interface ReadQueries {
  /** Queries that run or wait. */
  readonly size: number;
  /** @throws AppError `overloaded` when too many queries wait, most of them this owner's. */
  readonly rows: <T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ) => Promise<z.output<T>[]>;
  /** With the duration, by which the size of the next slice is chosen. */
  readonly timed: <T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ) => Promise<{ readonly rows: z.output<T>[]; readonly durationMs: number }>;
  /** The SQL in which the engines differ. */
  readonly dialect: SqlDialect;
}
