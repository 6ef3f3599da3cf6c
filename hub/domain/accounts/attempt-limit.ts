import type { Clock } from '#platform/clock.ts';
import { LeastCounted } from './least-counted.ts';

export interface AttemptLimitDeps {
  readonly clock: Clock;
  readonly max: number;
  readonly windowMs: number;
  /** Keys counted at once; default: 10,000. */
  readonly maxKeys?: number;
}

/**
 * Password attempts per e-mail address, from all sources: under 6,000 guesses a day
 * even for an attacker with many addresses. During an attack the owner may have to wait
 * too, at most five minutes; open sessions are not affected, and a correct password
 * resets the count.
 */
export const SIGN_IN_ATTEMPTS = { max: 20, windowMs: 5 * 60_000 };

const MAX_KEYS = 10_000;

interface Window {
  readonly endMs: number;
  readonly count: number;
}

/**
 * Limits attempts per key within a window that starts with the first attempt.
 *
 * A bounded number of keys is counted. Beyond it a new key replaces the one with the
 * fewest attempts and continues from its count ("Space-Saving": Metwally et al.,
 * "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005). So no
 * key is ever undercounted, and made-up keys cannot evict the count of another: to
 * reset a count of n costs n attempts with each of all the other keys. An overcount
 * ends with the window it was inherited from.
 */
export class AttemptLimit {
  readonly #deps: AttemptLimitDeps;
  readonly #windows: LeastCounted<Window>;

  constructor(deps: AttemptLimitDeps) {
    this.#deps = deps;
    this.#windows = new LeastCounted(deps.maxKeys ?? MAX_KEYS);
  }

  /** Counts an attempt; the seconds to wait when it is one too many. */
  count(key: string): number | undefined {
    const { clock, max, windowMs } = this.#deps;
    const nowMs = clock.monotonicMs();
    const isOver = ({ endMs }: Window): boolean => endMs <= nowMs;
    this.#windows.deleteOldestWhile(isOver);
    const known = this.#windows.get(key);
    const before = known && !isOver(known) ? known : this.#windows.makeRoom(key);
    const { endMs, count } =
      before && !isOver(before) ? before : { endMs: nowMs + windowMs, count: 0 };
    // Counts beyond `max` need no distinction.
    const window = { endMs, count: Math.min(count, max) + 1 };
    this.#windows.set(key, window);
    return window.count > max ? Math.ceil((window.endMs - nowMs) / 1_000) : undefined;
  }

  /** Whether the next attempt would be one too many; counts nothing. */
  isOver(key: string): boolean {
    const { clock, max } = this.#deps;
    const known = this.#windows.get(key);
    return known !== undefined && clock.monotonicMs() < known.endMs && known.count >= max;
  }

  /** This key has authenticated: its count is reset. */
  forget(key: string): void {
    this.#windows.delete(key);
  }
}
