import type { Clock } from '#platform/clock.ts';

export interface BucketSize {
  /** At once, after a pause. */
  readonly burst: number;
  /** In the long run. */
  readonly perSecond: number;
}

/** Passes so much at once, and so much per second. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #size: BucketSize;
  #left: number;
  #filledAtMs: number;

  constructor(clock: Clock, size: BucketSize) {
    this.#clock = clock;
    this.#size = size;
    this.#left = size.burst;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** False, and nothing taken, when there is not so much left. */
  take(cost = 1): boolean {
    const nowMs = this.#clock.monotonicMs();
    const { burst, perSecond } = this.#size;
    const gained = ((nowMs - this.#filledAtMs) / 1000) * perSecond;
    this.#left = Math.min(burst, this.#left + gained);
    this.#filledAtMs = nowMs;
    if (this.#left < cost) return false;
    this.#left -= cost;
    return true;
  }

  /** What is asked for may come on top. */
  grant(amount: number): void {
    this.#left += amount;
  }
}
