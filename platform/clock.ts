/** Cancels a timer; may be called at any time, also after it ran. */
export type CancelTimer = () => void;

/** Time as a program sees it, and calls in the future. */
export interface Clock {
  /** Milliseconds since 1970, as far as the machine knows; may jump when the clock is set. */
  readonly nowMs: () => number;
  /** Milliseconds since an arbitrary start; never goes back. */
  readonly monotonicMs: () => number;
  readonly after: (delayMs: number, run: () => void) => CancelTimer;
}

/** The longest delay that `setTimeout` accepts; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The machine's wall clock. Pending timers keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = startTimer(delayMs, run);
    return () => clearTimeout(timer);
  },
};

/** For a server, which its listeners keep alive: pending timers do not. */
export const serverClock: Clock = {
  ...systemClock,
  after: (delayMs, run) => {
    const timer = startTimer(delayMs, run).unref();
    return () => clearTimeout(timer);
  },
};

/** The machine's monotonic clock, shared by all of its processes until it reboots. */
const machineMs = (): number => Number(process.hrtime.bigint()) / 1_000_000;

/**
 * How far the wall clock is ahead of the machine's monotonic clock; changes when the
 * clock is set.
 */
export function wallMinusMonotonicMs(): number {
  return Date.now() - machineMs();
}

/**
 * A clock that starts from the wall clock at one moment and follows the monotonic clock
 * from then on. Setting the machine's clock neither reorders readings nor moves those
 * that wait in an outbox to another day. Its error is corrected elsewhere: by the
 * base's offset to the hub.
 *
 * @param startMs {@link wallMinusMonotonicMs} at that moment, since which the machine
 * has not rebooted
 */
export function steadyClock(startMs: number): Clock {
  const atZeroMs = startMs + machineMs() - performance.now();
  return { ...systemClock, nowMs: () => Math.floor(atZeroMs + performance.now()) };
}

function startTimer(delayMs: number, run: () => void): NodeJS.Timeout {
  return setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
}
