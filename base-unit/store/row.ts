import type { Statement } from 'better-sqlite3';
import type { z } from 'zod';

/** The one row of a query, parsed: a file on disk is not trusted. */
export function rowOf<T>(schema: z.ZodType<T>, row: unknown): T | undefined {
  return row === undefined ? undefined : schema.parse(row);
}

export function rowsOf<T>(schema: z.ZodType<T>, statement: Statement, ...args: unknown[]): T[] {
  return statement.all(...args).map((row) => schema.parse(row));
}
