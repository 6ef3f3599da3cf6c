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
    for (;;) {
      const [next] = [...this.#pending].sort((a, b) => a.dueMs - b.dueMs);
      if (!next || next.dueMs > endMs) break;
      this.#pending.delete(next);
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      next.run();
    }
    this.#monotonicMs = endMs;
  }

  /** Sets the wall clock forward or back; timers do not notice. */
  set(nowMs: number): void {
    this.#wallMinusMonotonicMs = nowMs - this.#monotonicMs;
  }
}
