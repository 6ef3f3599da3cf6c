/**
 * Between tries to reach the hub. A base is back within 5 s of its link (the
 * window, and what a connection takes); a hub that wants to be left alone for
 * longer says so (`retryAfterMs`, `Retry-After`). Bases that lost their hub
 * together spread themselves over the window by chance.
 */
export const HUB_RETRY = { firstMs: 500, mostMs: 4_000 } as const;

/**
 * Between tries to reach a unit. It keeps its newest samples for a base that is
 * away, for 25 s where it takes five of them a second: a try every few seconds
 * finds it in time. One that has been away for minutes is tried less often,
 * for each try to a dark address holds a place that others want.
 */
export const UNIT_RETRY = {
  firstMs: 500,
  mostMs: 8_000,
  later: { afterTries: 20, mostMs: 30_000 },
} as const;

export interface BackoffOptions {
  readonly firstMs: number;
  readonly mostMs: number;
  /** The most after so many tries. */
  readonly later?: { readonly afterTries: number; readonly mostMs: number };
  /** 0 up to, and without, 1. */
  readonly random: () => number;
}

/** Waits between tries: a random time between 0 and a window that doubles (full jitter). */
export class Backoff {
  readonly #options: BackoffOptions;
  #tries = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const { firstMs, mostMs, later, random } = this.#options;
    const most = later && this.#tries >= later.afterTries ? later.mostMs : mostMs;
    const windowMs = Math.min(most, firstMs * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    return Math.floor(random() * windowMs);
  }

  reset(): void {
    this.#tries = 0;
  }
}
