import type { BaseId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { BasePresence } from '#protocol/presence.ts';
import type { Clock, Timer } from '../../clock.ts';

interface Entry {
  readonly state: 'online' | 'offline';
  readonly sinceMs: number;
  readonly lastSeenMs: number;
}

/**
 * Which bases are there. Nobody is online until proven since the hub started;
 * a base that comes back within the debounce was never away.
 */
export class BasePresences {
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #entries = new Map<BaseId, Entry>();
  readonly #leaving = new Map<BaseId, Timer>();
  #changed: ((baseId: BaseId) => void) | undefined;

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
    this.#startedMs = deps.clock.now();
  }

  /** Tells about each change; one listener. */
  onChange(listener: (baseId: BaseId) => void): void {
    this.#changed = listener;
  }

  joined(baseId: BaseId): void {
    this.#leaving.get(baseId)?.cancel();
    this.#leaving.delete(baseId);
    const nowMs = this.#clock.now();
    const before = this.#entries.get(baseId);
    const sinceMs = before?.state === 'online' ? before.sinceMs : nowMs;
    this.#entries.set(baseId, { state: 'online', sinceMs, lastSeenMs: nowMs });
    if (before?.state !== 'online') this.#changed?.(baseId);
  }

  left(baseId: BaseId): void {
    const entry = this.#entries.get(baseId);
    if (entry?.state !== 'online') return;
    this.#leaving.get(baseId)?.cancel();
    const leftMs = this.#clock.now();
    const timer = this.#clock.after(LIMITS.presenceDebounceMs, () => {
      this.#leaving.delete(baseId);
      this.#entries.set(baseId, { state: 'offline', sinceMs: leftMs, lastSeenMs: leftMs });
      this.#changed?.(baseId);
    });
    this.#leaving.set(baseId, timer);
  }

  forget(baseId: BaseId): void {
    this.#leaving.get(baseId)?.cancel();
    this.#leaving.delete(baseId);
    this.#entries.delete(baseId);
  }

  isOnline(baseId: BaseId): boolean {
    return this.#entries.get(baseId)?.state === 'online';
  }

  /** @param storedLastSeenMs when it was last seen in an earlier run of the hub. */
  view(baseId: BaseId, storedLastSeenMs: number | null): BasePresence {
    const entry = this.#entries.get(baseId);
    const lastSeenMs =
      entry?.state === 'online' && !this.#leaving.has(baseId)
        ? this.#clock.now()
        : (entry?.lastSeenMs ?? storedLastSeenMs);
    return {
      state: entry?.state ?? 'unknown',
      since: toInstant(entry?.sinceMs ?? this.#startedMs),
      lastSeenAt: lastSeenMs === null ? null : toInstant(lastSeenMs),
    };
  }

  close(): void {
    for (const timer of this.#leaving.values()) timer.cancel();
    this.#leaving.clear();
  }
}
