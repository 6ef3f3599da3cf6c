import type { BaseId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { BasePresence } from '#protocol/presence.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';

interface Entry {
  readonly state: 'online' | 'offline';
  readonly sinceMs: number;
  readonly lastSeenMs: number;
}

/**
 * Presence of bases. After a start all are offline until they connect; a base that
 * returns within the debounce was never away.
 */
export class BasePresences {
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #entries = new Map<BaseId, Entry>();
  readonly #leaving = new Map<BaseId, CancelTimer>();
  #changed: ((baseId: BaseId) => void) | undefined;

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
    this.#startedMs = deps.clock.nowMs();
  }

  /** Notifies one listener of each change. */
  onChange(listener: (baseId: BaseId) => void): void {
    this.#changed = listener;
  }

  joined(baseId: BaseId): void {
    this.#leaving.get(baseId)?.();
    this.#leaving.delete(baseId);
    const nowMs = this.#clock.nowMs();
    const before = this.#entries.get(baseId);
    const sinceMs = before?.state === 'online' ? before.sinceMs : nowMs;
    this.#entries.set(baseId, { state: 'online', sinceMs, lastSeenMs: nowMs });
    if (before?.state !== 'online') this.#changed?.(baseId);
  }

  left(baseId: BaseId): void {
    const entry = this.#entries.get(baseId);
    if (entry?.state !== 'online') return;
    this.#leaving.get(baseId)?.();
    const leftMs = this.#clock.nowMs();
    const cancelTimer = this.#clock.after(LIMITS.presenceDebounceMs, () => {
      this.#leaving.delete(baseId);
      this.#entries.set(baseId, { state: 'offline', sinceMs: leftMs, lastSeenMs: leftMs });
      this.#changed?.(baseId);
    });
    this.#leaving.set(baseId, cancelTimer);
  }

  forget(baseId: BaseId): void {
    this.#leaving.get(baseId)?.();
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
        ? this.#clock.nowMs()
        : (entry?.lastSeenMs ?? storedLastSeenMs);
    return {
      state: entry?.state ?? 'unknown',
      since: toInstant(entry?.sinceMs ?? this.#startedMs),
      lastSeenAt: lastSeenMs === null ? null : toInstant(lastSeenMs),
    };
  }

  close(): void {
    for (const cancelTimer of this.#leaving.values()) cancelTimer();
    this.#leaving.clear();
  }
}
