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
