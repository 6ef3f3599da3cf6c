import type { Clock } from '#platform/clock.ts';

/** Counts what a unit sends by the second; the surplus is to be dropped: a bound, not a pace. */
export class FloodGuard {
  readonly #clock: Clock;
  readonly #maxPerSecond: number;
  #windowStartMs = 0;
  #inWindow = 0;
  #dropped = 0;

  constructor(clock: Clock, maxPerSecond: number) {
    this.#clock = clock;
    this.#maxPerSecond = maxPerSecond;
  }

  /** All that it was too much of, so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether one more is too much. */
  isSurplus(): boolean {
    const now = this.#clock.monotonicMs();
    if (now - this.#windowStartMs >= 1_000) {
      this.#windowStartMs = now;
      this.#inWindow = 0;
    }
    this.#inWindow += 1;
    if (this.#inWindow <= this.#maxPerSecond) return false;
    this.#dropped += 1;
    return true;
  }
}
