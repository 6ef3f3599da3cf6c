import { z } from 'zod';
import { type ErrorCode, ErrorCodeSchema, errorEntry } from '../errors.ts';

/** RFC 9457 problem details, as every HTTP error of Signalbox is answered. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: ErrorCodeSchema,
  retryable: z.boolean(),
  detail: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** The problem details of a code. `type` is a relative reference into the API's own pages. */
export function toProblem(
  code: ErrorCode,
  extra: { details?: Readonly<Record<string, unknown>>; requestId?: string } = {},
): Problem {
  const entry = errorEntry(code);
  return {
    type: `/api/docs#error-${code}`,
    title: entry.message,
    status: entry.http,
    code,
    retryable: entry.retryable,
    ...(extra.details && Object.keys(extra.details).length > 0 ? { details: extra.details } : {}),
    ...(extra.requestId === undefined ? {} : { requestId: extra.requestId }),
  };
}
