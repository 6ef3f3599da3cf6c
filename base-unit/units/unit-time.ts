/**
 * Turns a unit's uptime into the base's time (docs/unit-link.md section 9).
 *
 * Kept against the monotonic clock, so that a jump of the wall clock between
 * hello and report moves no reading. A report can only arrive after it was
 * measured; so each arrival also bounds the mapping from above, which keeps
 * a unit whose clock runs slow from drifting into the future.
 */
export class UnitTime {
  #bootAtMs: number | undefined;

  /** The unit said `uptimeMs` in answer to what was sent and received at these monotonic times. */
  sample(uptimeMs: number, sentAtMs: number, receivedAtMs: number): void {
    this.#bootAtMs = (sentAtMs + receivedAtMs) / 2 - uptimeMs;
  }

  /** How long ago, at most from boot until now, something happened that arrives now. */
  ageMs(uptimeMs: number, monotonicNowMs: number): number {
    const latestBoot = monotonicNowMs - uptimeMs;
    this.#bootAtMs = Math.min(this.#bootAtMs ?? latestBoot, latestBoot);
    return Math.max(0, latestBoot - this.#bootAtMs);
  }
}
