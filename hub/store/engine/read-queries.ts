import type { RawBuilder } from 'kysely';
import type { SqlDialect } from './adapter.ts';
import type { z } from 'zod';

/** Whose read it is, and whether somebody looks at an empty page meanwhile. */
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
  /** @throws AppError `overloaded` when too many queries wait, of this owner more than of others. */
  readonly rows: <T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ) => Promise<z.output<T>[]>;
  /** With the time that it took, by which the next slice is measured. */
  readonly timed: <T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ) => Promise<{ readonly rows: z.output<T>[]; readonly durationMs: number }>;
  /** How this engine writes what the other writes otherwise. */
  readonly dialect: SqlDialect;
}
