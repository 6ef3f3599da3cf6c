import type { Clock } from '../clock.ts';
import { RecentMap } from './recent-map.ts';

export interface AttemptLimitDeps {
  readonly clock: Clock;
  readonly max: number;
  readonly windowMs: number;
}

/**
 * Passwords tried with one e-mail address, whoever tries them from wherever:
 * under 6,000 guesses a day even for an attacker with many addresses. While
 * somebody guesses at an account its owner may be told to wait too, for five
 * minutes at most; sessions that are open go on, and a right password wipes
 * the count.
 */
export const SIGN_IN_ATTEMPTS = { max: 20, windowMs: 5 * 60_000 };

/** Beyond so many keys the one that was used longest ago is forgotten. */
const MAX_KEYS = 10_000;

/** So many attempts with each key, from its first attempt to the end of a window. */
export class AttemptLimit {
  readonly #deps: AttemptLimitDeps;
  readonly #windows = new RecentMap<string, { readonly endMs: number; count: number }>(MAX_KEYS);

  constructor(deps: AttemptLimitDeps) {
    this.#deps = deps;
  }

  /** Counts an attempt; the seconds to wait when it is one too many. */
  take(key: string): number | undefined {
    const { clock, max, windowMs } = this.#deps;
    const nowMs = clock.monotonic();
    const known = this.#windows.get(key);
    const window = known && known.endMs > nowMs ? known : { endMs: nowMs + windowMs, count: 0 };
    window.count += 1;
    this.#windows.set(key, window);
    return window.count > max ? Math.ceil((window.endMs - nowMs) / 1_000) : undefined;
  }

  /** Whether the next attempt would be one too many; counts nothing. */
  isOver(key: string): boolean {
    const { clock, max } = this.#deps;
    const known = this.#windows.get(key);
    return known !== undefined && clock.monotonic() < known.endMs && known.count >= max;
  }

  /** Whoever has this key is who they say: what was counted does not speak against them. */
  forget(key: string): void {
    this.#windows.delete(key);
  }
}
