import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';

/** How soon a clock step is noticed. */
const LOOK_EVERY_MS = 5_000;
/** What NTP puts right without a jump stays far below this between two looks (500 ppm: 2.5 ms). */
const STEP_MS = 1_000;
/**
 * Ages count for nothing before the clock has gone on for so long without a
 * jump: one that was set wrong, or never set, is put right by then where
 * anything puts it right.
 */
const CERTAIN_AFTER_MS = 6 * 3_600_000;

/**
 * Compares the wall clock with the monotonic one, which nobody sets, and reports when
 * they diverge. A machine that slept looks the same, and its dates have moved on as
 * well.
 */
export class ClockWatch {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners: ((stepMs: number) => void)[] = [];
  #cancelTimer: CancelTimer | undefined;
  #wallMinusMonotonicMs: number;
  #steadySinceMs: number;

  constructor(deps: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#wallMinusMonotonicMs = this.#clock.nowMs() - this.#clock.monotonicMs();
    this.#steadySinceMs = this.#clock.monotonicMs();
  }

  /** Each is called after every step of the clock, and must not throw. */
  onStep(listener: (stepMs: number) => void): void {
    this.#listeners.push(listener);
  }

  start(): void {
    this.#cancelTimer = this.#clock.after(LOOK_EVERY_MS, () => {
      this.look();
      this.start();
    });
  }

  close(): void {
    this.#cancelTimer?.();
  }

  /**
   * Whether old rows are really old and may be deleted: not while the clock is new or
   * has stepped recently. They are kept a little longer then.
   */
  readonly areAgesCertain = (): boolean => {
    this.look();
    return this.#clock.monotonicMs() - this.#steadySinceMs >= CERTAIN_AFTER_MS;
  };

  /** Before a decision that depends on it; the timer looks as well. */
  look(): void {
    const differenceMs = this.#clock.nowMs() - this.#clock.monotonicMs();
    const stepMs = differenceMs - this.#wallMinusMonotonicMs;
    this.#wallMinusMonotonicMs = differenceMs;
    if (Math.abs(stepMs) < STEP_MS) return;
    this.#steadySinceMs = this.#clock.monotonicMs();
    this.#log.warn({ event: 'clock_stepped', stepMs: Math.round(stepMs) }, 'clock stepped');
    for (const listener of this.#listeners) listener(stepMs);
  }
}
