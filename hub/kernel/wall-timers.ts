import type { CancelTimer, Clock } from '#platform/clock.ts';

interface Due {
  readonly atMs: number;
  readonly run: () => void;
  cancelTimer: CancelTimer | undefined;
}

/**
 * Calls at times of the wall clock. A timer of the machine follows its monotonic clock, so
 * whoever owns these calls {@link recheck} when the wall clock was set.
 */
export class WallTimers {
  readonly #clock: Clock;
  readonly #due = new Set<Due>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param atMs Infinity: never. In the past: soon, but not within this call. */
  at(atMs: number, run: () => void): CancelTimer {
    const due: Due = { atMs, run, cancelTimer: undefined };
    if (atMs === Infinity) return () => undefined;
    this.#due.add(due);
    this.#arm(due);
    return () => {
      due.cancelTimer?.();
      this.#due.delete(due);
    };
  }

  /** The clock was set: the waits are others. */
  recheck(): void {
    for (const due of this.#due) this.#arm(due);
  }

  #arm(due: Due): void {
    due.cancelTimer?.();
    due.cancelTimer = this.#clock.after(due.atMs - this.#clock.nowMs(), () => this.#ran(due));
  }

  /** A timer cannot wait for months, and the clock may have been set back meanwhile. */
  #ran(due: Due): void {
    if (due.atMs > this.#clock.nowMs()) {
      this.#arm(due);
      return;
    }
    this.#due.delete(due);
    due.run();
  }
}
