interface Subscription {
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  reportedAtMs: number | undefined;
  isChanged: boolean;
}

/** Which properties the peer wants reported, and when each is due (docs/unit-link.md section 5.5). */
export class Subscriptions {
  static readonly most = 8;
  readonly #byPid = new Map<number, Subscription>();

  /** False: no room. The present value becomes due at once. */
  add(pid: number, minIntervalMs: number, maxIntervalMs: number): boolean {
    if (!this.#byPid.has(pid) && this.#byPid.size === Subscriptions.most) return false;
    this.#byPid.set(pid, {
      minIntervalMs,
      maxIntervalMs,
      reportedAtMs: undefined,
      isChanged: false,
    });
    return true;
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

  /** The properties to report now, which count as reported from here on. */
  takeDue(nowMs: number): number[] {
    const due: number[] = [];
    for (const [pid, subscription] of this.#byPid) {
      if (dueInMs(subscription, nowMs) !== 0) continue;
      subscription.reportedAtMs = nowMs;
      subscription.isChanged = false;
      due.push(pid);
    }
    return due;
  }
}

function dueInMs(subscription: Subscription, nowMs: number): number | undefined {
  if (subscription.reportedAtMs === undefined) return 0;
  if (!subscription.isChanged && subscription.maxIntervalMs === 0) return undefined;
  const interval = subscription.isChanged ? subscription.minIntervalMs : subscription.maxIntervalMs;
  return Math.max(0, interval - (nowMs - subscription.reportedAtMs));
}
