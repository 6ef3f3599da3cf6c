import type { Logger } from 'pino';
import type { z } from 'zod';
import { LruCache } from '#platform/lru-cache.ts';

/** How many rows are remembered as reported unreadable; each is reported once. */
const MAX_REPORTED = 1_000;

/** How a row becomes a record, which may fail. */
export interface RowMapping<R, T> {
  /** With `idOf`, what the log says of a row that cannot be read. */
  readonly what: string;
  readonly idOf: (row: R) => string | number;
  /** May throw. */
  readonly make: (row: R) => T;
}

/** How a row, or the record of one, becomes a part of an answer. */
export interface Reading<R, T extends z.ZodType> extends RowMapping<R, unknown> {
  readonly schema: T;
}

/**
 * Builds answers from the rows of many units, bases and commands. A row that cannot be read (a
 * damaged file, a value that this version does not know) is left out and logged: it must not
 * fail an answer that it shares with others.
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

  /** Undefined if it cannot be read. */
  one<R, T extends z.ZodType>(row: R, reading: Reading<R, T>): z.output<T> | undefined {
    const { schema } = reading;
    return this.record(row, { ...reading, make: () => schema.parse(reading.make(row)) });
  }

  /** Records of rows that no schema has to check. */
  records<R, T>(rows: readonly R[], mapping: RowMapping<R, T>): T[] {
    return rows.flatMap((row) => {
      const record = this.record(row, mapping);
      return record === undefined ? [] : [record];
    });
  }

  record<R, T>(row: R, mapping: RowMapping<R, T>): T | undefined {
    try {
      return mapping.make(row);
    } catch (error) {
      this.#report(`${mapping.what} ${mapping.idOf(row)}`, error);
      return undefined;
    }
  }

  #report(row: string, error: unknown): void {
    if (this.#reported.get(row)) return;
    this.#reported.set(row, true);
    this.#log.error({ err: error, row }, 'unreadable row skipped');
  }
}
