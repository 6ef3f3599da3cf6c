import type { Clock } from './clock.ts';

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

  /** Tokens for what was asked for; a full bucket holds no more than a burst all the same. */
  grant(amount: number): void {
    this.#tokens += amount;
  }
}
