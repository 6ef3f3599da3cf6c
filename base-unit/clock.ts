/** Takes a timer back; may be called at any time, also after it ran. */
export type CancelTimer = () => void;

/** Time as the base sees it. */
export interface Clock {
  /** Milliseconds since 1970, as far as the machine knows; may jump when somebody sets its clock. */
  readonly nowMs: () => number;
  /** Milliseconds since an arbitrary start; never goes back. */
  readonly monotonicMs: () => number;
  readonly after: (delayMs: number, run: () => void) => CancelTimer;
}

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Of the machine, whose monotonic clock all of its processes share until it is started anew. */
const machineMs = (): number => Number(process.hrtime.bigint()) / 1_000_000;

/** What the wall clock is ahead of the machine's monotonic one now; changes when somebody sets it. */
export function wallMinusMonotonicMs(): number {
  return Date.now() - machineMs();
}

/**
 * Its wall clock is that of one moment, carried on by the monotonic one: a
 * machine whose clock is set meanwhile must not put readings in another order,
 * or those that wait in the outbox on another day than those after them. What
 * the wall clock was wrong by, the offset to the hub's puts right.
 *
 * @param startMs {@link wallMinusMonotonicMs} of that moment, since when the machine was not started anew
 */
export function steadyClock(startMs: number): Clock {
  const atZeroMs = startMs + machineMs() - performance.now();
  return {
    nowMs: () => Math.floor(atZeroMs + performance.now()),
    monotonicMs: () => performance.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
      return () => {
        clearTimeout(timer);
      };
    },
  };
}

/** That of this process alone. */
export const systemClock: Clock = steadyClock(wallMinusMonotonicMs());
