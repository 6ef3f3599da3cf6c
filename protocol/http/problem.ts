import { z } from 'zod';
import { type ErrorCode, ErrorCodeSchema, errorEntry } from '../errors.ts';

/** RFC 9457 problem details, as every HTTP error of Signalbox is answered. */
export const Problem = z.object({
  type: z.string().max(200),
  title: z.string().max(500),
  status: z.int(),
  code: ErrorCodeSchema,
  retryable: z.boolean(),
  detail: z.string().max(2_000).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  requestId: z.string().max(200).optional(),
});
export type Problem = z.infer<typeof Problem>;

/** Media type of problem details (RFC 9457 section 3). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** An HTTP answer, as it arrived. */
export interface AnyAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
}

/**
 * A Signalbox hub's reason for refusing a request. Proxies, captive portals and other
 * servers answer too, with the same statuses: only problem details of our own whose
 * code matches the status are from the hub.
 */
export function parseProblem({ status, contentType, text }: AnyAnswer): Problem | undefined {
  if (mediaTypeOf(contentType) !== PROBLEM_MEDIA_TYPE) return undefined;
  const problem = Problem.safeParse(parseJson(text)).data;
  const isOurs = problem?.status === status && errorEntry(problem.code).http === status;
  return isOurs ? problem : undefined;
}

/** The media type alone, without its parameters (RFC 9110 section 8.3.1). */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';')[0]?.trim().toLowerCase();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

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
