export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** The longest window after so many tries. */
  readonly later?: { readonly afterTries: number; readonly maxMs: number };
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
    const { firstMs, maxMs, later, random } = this.#options;
    const limitMs = later && this.#tries >= later.afterTries ? later.maxMs : maxMs;
    const windowMs = Math.min(limitMs, firstMs * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    return Math.floor(random() * windowMs);
  }

  reset(): void {
    this.#tries = 0;
  }
}
