import type { ErrorCode } from '#protocol/errors.ts';
import { Backoff } from '#platform/backoff.ts';

/**
 * Backoff between tries to reach the hub. A base is back within 5 s of its link (the
 * window, plus connecting); a hub that needs a longer pause asks for it
 * (`retryAfterMs`, `Retry-After`). Bases that lost their hub together spread randomly
 * over the window.
 */
export const HUB_RETRY = { firstMs: 500, maxMs: 4_000 } as const;

/**
 * A hub that runs but does not keep up. Thousands of bases retrying within seconds
 * would keep it from ever serving one of them, so they wait longer and longer.
 */
const BUSY_HUB_RETRY = { firstMs: 2_000, maxMs: 60_000 } as const;
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

  /** The hub was online long enough. */
  reset(): void {
    this.#away.reset();
    this.#busy.reset();
  }
}
