import type { ErrorCode } from '#protocol/errors.ts';
import { Backoff } from '#platform/backoff.ts';

/**
 * Between tries to reach the hub. A base is back within 5 s of its link (the
 * window, and what a connection takes); a hub that wants to be left alone for
 * longer says so (`retryAfterMs`, `Retry-After`). Bases that lost their hub
 * together spread themselves over the window by chance.
 */
export const HUB_RETRY = { firstMs: 500, maxMs: 4_000 } as const;

/**
 * A hub that is there and does not keep up. Thousands of bases that all try
 * within seconds would keep it from ever serving one of them, so they give it
 * more and more time.
 */
export const BUSY_HUB_RETRY = { firstMs: 2_000, maxMs: 60_000 } as const;
const BUSY_CODES: readonly ErrorCode[] = ['overloaded', 'rate_limited', 'idle_unjoined'];

/** Why a connection to the hub was not made, or ended. */
export interface HubFailure {
  readonly code: ErrorCode;
  /** The hub was reached, and did not answer in time. */
  readonly isLate?: boolean;
}

/** How long a base waits before it tries its hub again. */
export class HubRetry {
  readonly #away: Backoff;
  readonly #busy: Backoff;

  /** @param random 0 up to, and without, 1. */
  constructor(random: () => number) {
    this.#away = new Backoff({ ...HUB_RETRY, random });
    this.#busy = new Backoff({ ...BUSY_HUB_RETRY, random });
  }

  /** Milliseconds. */
  after({ code, isLate = false }: HubFailure): number {
    return isLate || BUSY_CODES.includes(code) ? this.#busy.next() : this.#away.next();
  }

  /** The hub was there for long enough. */
  reset(): void {
    this.#away.reset();
    this.#busy.reset();
  }
}
