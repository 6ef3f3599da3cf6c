/** A pending call; cancelling twice, or after it ran, does nothing. */
export interface Timer {
  readonly cancel: () => void;
}

/** Time as the hub sees it, and calls in the future. */
export interface Clock {
  /** Milliseconds since 1970, as far as the machine knows; jumps when somebody sets its clock. */
  readonly now: () => number;
  /** Milliseconds since an arbitrary start; never goes back. */
  readonly monotonic: () => number;
  readonly after: (delayMs: number, run: () => void) => Timer;
}

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers keep no process alive: the servers do that. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
