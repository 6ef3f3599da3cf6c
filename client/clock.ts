/**
 * Time and timers as a client uses them: a part of the clock of the programs, so that tests
 * move both in the same way.
 */
export interface Clock {
  readonly nowMs: () => number;
  /** @returns a function that cancels the timer. */
  readonly after: (delayMs: number, action: () => void) => () => void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
