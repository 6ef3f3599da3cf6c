/** A pending call; cancelling twice, or after it ran, does nothing. */
export interface Timer {
  readonly cancel: () => void;
}

/** Time as the hub sees it: milliseconds since 1970, and calls in the future. */
export interface Clock {
  readonly now: () => number;
  readonly after: (delayMs: number, run: () => void) => Timer;
}

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers keep no process alive: the servers do that. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
