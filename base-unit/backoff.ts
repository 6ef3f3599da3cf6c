/**
 * Between tries to reach the hub. A base is back within 5 s of its link (the
 * window, and what a connection takes); a hub that wants to be left alone for
 * longer says so (`retryAfterMs`, `Retry-After`). Bases that lost their hub
 * together spread themselves over the window by chance.
 */
export const HUB_RETRY = { firstMs: 500, mostMs: 4_000 } as const;

/** Waits between tries: a random time between 0 and a window that doubles (full jitter). */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  readonly #random: () => number;
  #tries = 0;

  /** @param options.random 0 up to, and without, 1. */
  constructor(options: {
    readonly firstMs: number;
    readonly mostMs: number;
    readonly random: () => number;
  }) {
    this.#firstMs = options.firstMs;
    this.#mostMs = options.mostMs;
    this.#random = options.random;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const windowMs = Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    return Math.floor(this.#random() * windowMs);
  }

  reset(): void {
    this.#tries = 0;
  }
}
