/** Time as a unit knows it: an uptime that never jumps, and timers on it. */
export interface UnitClock {
  /** Milliseconds since an arbitrary start; never goes back. */
  readonly monotonicMs: () => number;
  /** Milliseconds since 1970 as the machine has it. */
  readonly nowMs: () => number;
  /** Runs once after the delay; the returned function takes it back and may be called at any time. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

export const systemUnitClock: UnitClock = {
  monotonicMs: () => performance.now(),
  nowMs: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};
