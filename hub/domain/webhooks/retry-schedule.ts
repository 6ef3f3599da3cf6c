/** Waits before the attempts after the first: 10 attempts within 75 hours and 35 minutes. */
const DEFAULT_RETRIES_MS: readonly number[] = [
  ...[5_000, 5 * 60_000, 30 * 60_000],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * 3_600_000),
];
/** A share of each wait, both ways. */
const JITTER = 0.2;
/** The longest that an endpoint can have us wait. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;
/** Endpoints that fail for so long, and so often one after the other, are disabled. */
const FAILING_MS = 5 * 86_400_000;
const MIN_FAILURES = 10;

export interface RetryScheduleOptions {
  /** Waits before the attempts after the first. */
  readonly retriesMs?: readonly number[] | undefined;
  /** 0 up to, and without, 1. */
  readonly random?: () => number;
}

/** When an attempt that failed is made again, and when no longer. */
export class RetrySchedule {
  readonly #retriesMs: readonly number[];
  readonly #random: () => number;

  constructor({ retriesMs = DEFAULT_RETRIES_MS, random = Math.random }: RetryScheduleOptions = {}) {
    this.#retriesMs = retriesMs;
    this.#random = random;
  }

  /**
   * The wait after the attempt of this number, from 1; undefined: it was the last.
   *
   * @param retryAfterMs what the endpoint requested
   */
  waitMs(attempt: number, retryAfterMs = 0): number | undefined {
    const plannedMs = this.#retriesMs[attempt - 1];
    if (plannedMs === undefined) return undefined;
    const jitteredMs = Math.round(plannedMs * (1 - JITTER + 2 * JITTER * this.#random()));
    return Math.max(jitteredMs, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
  }

  /** Whether an endpoint has failed for too long, with this failure. */
  isOver(failing: { readonly sinceMs: number | null; readonly failures: number }, nowMs: number) {
    const { sinceMs, failures } = failing;
    return sinceMs !== null && nowMs - sinceMs >= FAILING_MS && failures + 1 >= MIN_FAILURES;
  }
}
