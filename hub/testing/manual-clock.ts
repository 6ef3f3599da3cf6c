import type { Clock, Timer } from '../clock.ts';

interface Pending {
  atMs: number;
  readonly run: () => void;
}

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #nowMs: number;
  /** What it was set by, all in all. */
  #setByMs = 0;
  readonly #pending = new Set<Pending>();

  constructor(nowMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  readonly now = (): number => this.#nowMs;

  readonly monotonic = (): number => this.#nowMs - this.#setByMs;

  readonly after = (delayMs: number, run: () => void): Timer => {
    const pending = { atMs: this.#nowMs + delayMs, run };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  };

  /** Moves on and makes the calls that fall due, in their order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#pending].sort((a, b) => a.atMs - b.atMs);
      if (!next || next.atMs > endMs) break;
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = endMs;
  }

  /** Somebody sets it, forth or back: timers run on as they did. */
  set(nowMs: number): void {
    for (const pending of this.#pending) pending.atMs += nowMs - this.#nowMs;
    this.#setByMs += nowMs - this.#nowMs;
    this.#nowMs = nowMs;
  }

  get pendingTimers(): number {
    return this.#pending.size;
  }
}
