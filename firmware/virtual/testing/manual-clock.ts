import type { UnitClock } from '../clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that stands still until a test moves it. */
export class ManualClock implements UnitClock {
  #monotonicMs = 1_000;
  #wallOffsetMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = 1_800_000_000_000) {
    this.#wallOffsetMs = startMs - this.#monotonicMs;
  }

  readonly monotonicMs = (): number => this.#monotonicMs;
  readonly nowMs = (): number => this.#monotonicMs + this.#wallOffsetMs;

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const timer = {
      dueMs: this.#monotonicMs + Math.max(0, delayMs),
      order: (this.#order += 1),
      run,
    };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  };

  /** Timers that are set and have not run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass; timers run in their order, each at its own time. */
  advance(ms: number): void {
    const end = this.#monotonicMs + ms;
    for (;;) {
      const next = [...this.#timers]
        .filter(({ dueMs }) => dueMs <= end)
        .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      next.run();
    }
    this.#monotonicMs = end;
  }

  /** The wall clock is set to another time; the monotonic one does not notice. */
  jump(ms: number): void {
    this.#wallOffsetMs += ms;
  }
}
