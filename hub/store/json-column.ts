import type { z } from 'zod';
import { AppError } from '#protocol/errors.ts';

/** The parsed content of a JSON column; one that does not fit its schema is a fault of ours. */
export function fromJsonColumn<T extends z.ZodType>(schema: T, text: string): z.infer<T> {
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new AppError('internal', { cause: parsed.error });
  return parsed.data;
}
