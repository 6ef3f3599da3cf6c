import type { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { type Instant, toInstant } from '#protocol/json.ts';

/** The parsed content of a JSON column; if it does not match its schema, that is a bug. */
export function fromJsonColumn<T extends z.ZodType>(schema: T, text: string): z.infer<T> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new AppError('internal', { cause: error });
  }
}

/** The content of a JSON column, or a fallback if it can no longer be read. */
export function jsonColumnOr<T extends z.ZodType, F>(
  schema: T,
  text: string,
  or: F,
): z.infer<T> | F {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return or;
  }
}

/** The range of JavaScript's dates (ECMA-262 section 21.4.1.1). */
const MAX_DATE_MS = 8.64e15;

/** A stored time; undefined if it is outside the range of dates, as in a damaged row. */
export function readableInstant(ms: number): Instant | undefined {
  return Math.abs(ms) <= MAX_DATE_MS ? toInstant(ms) : undefined;
}
