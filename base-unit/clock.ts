/** Takes a timer back; may be called at any time, also after it ran. */
export type CancelTimer = () => void;

/** Time as the base sees it. */
export interface Clock {
  /** Milliseconds since 1970; jumps when somebody sets the machine's clock. */
  readonly nowMs: () => number;
  /** Milliseconds since an arbitrary start; never goes back. */
  readonly monotonicMs: () => number;
  readonly after: (delayMs: number, run: () => void) => CancelTimer;
}

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
    return () => {
      clearTimeout(timer);
    };
  },
};
