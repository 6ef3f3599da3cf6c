import { z } from 'zod';
import { type ErrorCode, ErrorCodeSchema, errorEntry } from '../errors.ts';

/** A refusal inside a socket acknowledgement. */
export const Refusal = z.object({
  ok: z.literal(false),
  code: ErrorCodeSchema,
  message: z.string().max(500),
});
export type Refusal = z.infer<typeof Refusal>;

export function toRefusal(code: ErrorCode): Refusal {
  return { ok: false, code, message: errorEntry(code).message };
}
