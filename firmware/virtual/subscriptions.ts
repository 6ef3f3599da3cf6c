interface Subscription {
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  sampledAtMs: number | undefined;
  isChanged: boolean;
  /** By the peer that is there: it made it, or went on with it. */
  isOwned: boolean;
}

export interface DueProperty {
  readonly pid: number;
  /** The first sample of its subscription. */
  readonly isFirst: boolean;
}

/**
 * Which properties are sampled, and when each is due (docs/unit-link.md
 * sections 5.5 and 10). A subscription outlasts the connection it was made on.
 */
export class Subscriptions {
  static readonly most = 8;
  readonly #byPid = new Map<number, Subscription>();

  /** False: no room. The present value becomes due at once. One that nobody owns makes room. */
  add(pid: number, minIntervalMs: number, maxIntervalMs: number): boolean {
    if (!this.#byPid.has(pid) && this.#byPid.size === Subscriptions.most) {
      const unowned = [...this.#byPid].find(([, { isOwned }]) => !isOwned);
      if (!unowned) return false;
      this.#byPid.delete(unowned[0]);
    }
    this.#byPid.set(pid, {
      minIntervalMs,
      maxIntervalMs,
      sampledAtMs: undefined,
      isChanged: false,
      isOwned: true,
    });
    return true;
  }

  ownAll(isOwned: boolean): void {
    for (const subscription of this.#byPid.values()) subscription.isOwned = isOwned;
  }

  isOwned(pid: number): boolean {
    return this.#byPid.get(pid)?.isOwned ?? false;
  }

  remove(pid: number): void {
    this.#byPid.delete(pid);
  }

  pids(): number[] {
    return [...this.#byPid.keys()];
  }

  clear(): void {
    this.#byPid.clear();
  }

  markChanged(pid: number): void {
    const subscription = this.#byPid.get(pid);
    if (subscription) subscription.isChanged = true;
  }

  /** Milliseconds until something is due; undefined: not before a change. */
  dueInMs(nowMs: number): number | undefined {
    let soonest: number | undefined;
    for (const subscription of this.#byPid.values()) {
      const due = dueInMs(subscription, nowMs);
      if (due !== undefined) soonest = Math.min(soonest ?? due, due);
    }
    return soonest;
  }

  /** The properties to sample now, which count as sampled from here on. */
  nextDue(nowMs: number): DueProperty[] {
    const due: DueProperty[] = [];
    for (const [pid, subscription] of this.#byPid) {
      if (dueInMs(subscription, nowMs) !== 0) continue;
      due.push({ pid, isFirst: subscription.sampledAtMs === undefined });
      subscription.sampledAtMs = nowMs;
      subscription.isChanged = false;
    }
    return due;
  }
}

function dueInMs(subscription: Subscription, nowMs: number): number | undefined {
  if (subscription.sampledAtMs === undefined) return 0;
  if (!subscription.isChanged && subscription.maxIntervalMs === 0) return undefined;
  const interval = subscription.isChanged ? subscription.minIntervalMs : subscription.maxIntervalMs;
  return Math.max(0, interval - (nowMs - subscription.sampledAtMs));
}
