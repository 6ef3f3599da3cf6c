import type { Clock } from './clock.ts';

export interface BucketSize {
  /** The burst, after a pause. */
  readonly burst: number;
  /** In the long run. */
  readonly perSecond: number;
}

/** Limits a rate: a burst, and a number per second. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #size: BucketSize;
  #tokens: number;
  #filledAtMs: number;

  constructor(clock: Clock, size: BucketSize) {
    this.#clock = clock;
    this.#size = size;
    this.#tokens = size.burst;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** False, and nothing consumed, when too few tokens are left. */
  tryConsume(cost = 1): boolean {
    const nowMs = this.#clock.monotonicMs();
    const { burst, perSecond } = this.#size;
    const gained = ((nowMs - this.#filledAtMs) / 1000) * perSecond;
    this.#tokens = Math.min(burst, this.#tokens + gained);
    this.#filledAtMs = nowMs;
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Adds tokens for requested acknowledgements, up to the size of a burst. */
  grant(amount: number): void {
    this.#tokens += amount;
  }
}
