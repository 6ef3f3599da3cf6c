/** Time and timers as the dashboard uses them; tests turn the hands themselves. */
export interface Clock {
  now: () => number;
  /** @returns a function that cancels the timer. */
  after: (delayMs: number, action: () => void) => () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
