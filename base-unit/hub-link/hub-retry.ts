import type { ErrorCode } from '#protocol/errors.ts';
import { Backoff, HUB_RETRY } from '../backoff.ts';

/**
 * A hub that is there and does not keep up. Thousands of bases that all try
 * within seconds would keep it from ever serving one of them, so they give it
 * more and more time.
 */
export const BUSY_HUB_RETRY = { firstMs: 2_000, mostMs: 60_000 } as const;
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
