import type { Logger } from 'pino';
import type { z } from 'zod';
import { LruCache } from '#platform/lru-cache.ts';

/** Rows that were reported as unreadable; each is reported once. */
const MAX_REPORTED = 1_000;

/** How a row becomes a part of an answer. */
export interface Reading<R, T extends z.ZodType> {
  /** With `idOf`, what the log says of a row that cannot be read. */
  readonly what: string;
  readonly idOf: (row: R) => string | number;
  readonly schema: T;
  /** May throw. */
  readonly make: (row: R) => unknown;
}

/**
 * Puts answers together of rows of many units, bases and commands. A row that cannot be read
 * (a damaged file, a value that this version does not know) is left out and reported in the
 * log: it must not fail the answer that all the others share.
 */
export class ReadableRows {
  readonly #log: Logger;
  readonly #reported = new LruCache<string, true>(MAX_REPORTED);

  constructor(deps: { readonly log: Logger }) {
    this.#log = deps.log;
  }

  each<R, T extends z.ZodType>(rows: readonly R[], reading: Reading<R, T>): z.output<T>[] {
    return rows.flatMap((row) => {
      const part = this.one(row, reading);
      return part === undefined ? [] : [part];
    });
  }

  /** Undefined where it cannot be read. */
  one<R, T extends z.ZodType>(row: R, reading: Reading<R, T>): z.output<T> | undefined {
    try {
      return reading.schema.parse(reading.make(row));
    } catch (error) {
      this.#report(`${reading.what} ${reading.idOf(row)}`, error);
      return undefined;
    }
  }

  #report(row: string, error: unknown): void {
    if (this.#reported.get(row)) return;
    this.#reported.set(row, true);
    this.#log.error({ err: error, row }, 'row unreadable, left out');
  }
}
