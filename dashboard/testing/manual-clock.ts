import type { Clock } from '#client/clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass and runs the timers that fall due, in their order. */
  advance: (ms: number) => void;
  /** Timers that wait. */
  waiting: () => number;
}

export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  let nowMs = startMs;
  let timers: { atMs: number; action: () => void }[] = [];
  return {
    now: () => nowMs,
    after: (delayMs, action) => {
      const timer = { atMs: nowMs + delayMs, action };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance: (ms) => {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = timers
          .filter((timer) => timer.atMs <= endMs)
          .sort((a, b) => a.atMs - b.atMs);
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        nowMs = next.atMs;
        next.action();
      }
      nowMs = endMs;
    },
    waiting: () => timers.length,
  };
}
