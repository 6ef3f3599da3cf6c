import type { Clock } from '#platform/clock.ts';
import type { AttemptLimit } from './attempt-limit.ts';
import { LruCache } from '#platform/lru-cache.ts';
import { TokenBucket } from '#platform/token-bucket.ts';

/** Signatures that are still checked for an address with too many refusals. */
const SIGNATURES = { burst: 20, perSecond: 10 };
const MAX_SUSPECTS = 1_000;

export interface SuspectsDeps {
  readonly refusals: AttemptLimit;
  readonly clock: Clock;
}

/**
 * Addresses counted by refusals. Beyond the limit valid requests from the same address
 * still pass, but at a bounded rate: verifying a signature costs more than making one
 * up.
 */
export class Suspects {
  readonly #deps: SuspectsDeps;
  /** The remaining budget of an address that was refused too often. */
  readonly #buckets = new LruCache<string, TokenBucket>(MAX_SUSPECTS);

  constructor(deps: SuspectsDeps) {
    this.#deps = deps;
  }

  /** Counts a refusal; true beyond the limit. */
  refused(address: string): boolean {
    return this.#deps.refusals.count(address) !== undefined;
  }

  /** Whether one more signature is checked. */
  mayVerify(address: string): boolean {
    if (!this.#deps.refusals.isOver(address)) return true;
    const bucket = this.#buckets.get(address) ?? new TokenBucket(this.#deps.clock, SIGNATURES);
    this.#buckets.set(address, bucket);
    return bucket.tryConsume();
  }
}
