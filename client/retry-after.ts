import type { AppError, ErrorCode } from '#protocol/errors.ts';

/** A hub that asks for more is not waited for in silence: the wait ends here and it is asked again. */
const MAX_MS = 120_000;

/**
 * The wait that a `Retry-After` header asks for (RFC 9110 section 10.2.3:
 * seconds or a date), undefined where there is none that can be read.
 */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const waitMs = /^\d+$/.test(header.trim())
    ? Number(header) * 1_000
    : new Date(header).getTime() - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(MAX_MS, Math.max(0, waitMs));
}

/** What the hub asked to wait before this is tried again; 0 when it did not say. */
export function retryAfterMsOf(error: AppError): number {
  const { retryAfterMs } = error.details;
  return typeof retryAfterMs === 'number' ? retryAfterMs : 0;
}

/** Answers that speak of the moment and not of the request: the same may be asked again. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'overloaded',
  'not_ready',
  'hub_unreachable',
]);

export function isPassing(code: ErrorCode): boolean {
  return PASSING.has(code);
}
