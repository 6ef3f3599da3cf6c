import type { AppError, ErrorCode } from '#protocol/errors.ts';

/** The longest wait that is honoured; then the hub is tried again. */
const MAX_MS = 120_000;

/**
 * The wait in a `Retry-After` header (RFC 9110 section 10.2.3: seconds or a date),
 * undefined if there is none or it is invalid.
 */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const waitMs = /^\d+$/.test(header.trim())
    ? Number(header) * 1_000
    : new Date(header).getTime() - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(MAX_MS, Math.max(0, waitMs));
}

/** How long to wait before a retry, in milliseconds, as the hub said; 0 if it did not. */
export function retryAfterMsOf(error: AppError): number {
  const { retryAfterMs } = error.details;
  return typeof retryAfterMs === 'number' ? retryAfterMs : 0;
}

/** Answers about the moment and not the request: a retry may succeed. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'overloaded',
  'not_ready',
  'hub_unreachable',
]);

export function isPassing(code: ErrorCode): boolean {
  return PASSING.has(code);
}
