import type { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { type Instant, toInstant } from '#protocol/json.ts';

/** The parsed content of a JSON column; one that does not fit its schema is a fault of ours. */
export function fromJsonColumn<T extends z.ZodType>(schema: T, text: string): z.infer<T> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new AppError('internal', { cause: error });
  }
}

/** What a JSON column says, or something else where it can be read no more. */
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

/** What JavaScript has dates for (ECMA-262 section 21.4.1.1). */
const MAX_DATE_MS = 8.64e15;

/** A stored time; undefined where no date has it, as a damaged row may say. */
export function readableInstant(ms: number): Instant | undefined {
  return Math.abs(ms) <= MAX_DATE_MS ? toInstant(ms) : undefined;
}
