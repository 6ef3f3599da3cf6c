import type { CancelTimer, Clock } from '../clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly run: () => void;
}

/** A clock that a test moves. */
export class ManualClock implements Clock {
  #monotonicMs = 1_000;
  #wallMinusMonotonicMs: number;
  /** In the order in which they were set. */
  readonly #pending = new Set<Pending>();

  constructor(nowMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallMinusMonotonicMs = nowMs - this.#monotonicMs;
  }

  readonly nowMs = (): number => this.#monotonicMs + this.#wallMinusMonotonicMs;

  readonly monotonicMs = (): number => this.#monotonicMs;

  readonly after = (delayMs: number, run: () => void): CancelTimer => {
    const pending = { dueMs: this.#monotonicMs + Math.max(0, delayMs), run };
    this.#pending.add(pending);
    return () => void this.#pending.delete(pending);
  };

  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Lets time pass; timers run in the order in which they fall due, each at its own time. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms;
    for (let next = this.#next(endMs); next; next = this.#next(endMs)) {
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      this.#run(next);
    }
    this.#monotonicMs = endMs;
  }

  /**
   * Lets time pass as on a machine that was suspended: what fell due meanwhile runs once, at the
   * end. For days, in which the timers of each second would run a million times.
   */
  suspend(ms: number): void {
    this.#monotonicMs += ms;
    const due = [...this.#pending].filter(({ dueMs }) => dueMs <= this.#monotonicMs);
    for (const timer of due.sort((a, b) => a.dueMs - b.dueMs)) this.#run(timer);
  }

  #run(timer: Pending): void {
    // One that ran before it may have cancelled it.
    if (this.#pending.delete(timer)) timer.run();
  }

  /** Of several that fall due at the same time the one that was set first. */
  #next(endMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) {
      if (timer.dueMs <= endMs && (!first || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }

  /** Sets the wall clock forward or back; timers do not notice. */
  set(nowMs: number): void {
    this.#wallMinusMonotonicMs = nowMs - this.#monotonicMs;
  }
}
