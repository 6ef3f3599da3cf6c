import type { Clock } from '#platform/clock.ts';

/** Ends one connection, whose client shall be back after this time at the earliest. */
export type CloseOne = (retryAfterMs: number) => void;

/**
 * Clients per second that come back from a hub that stops: each costs a handshake, a join and
 * a resume, wherever it goes.
 */
export const RETURNS_PER_SECOND = 50;

/** How many are closed together, at most so often. */
const TICK_MS = 20;

export interface Pace {
  /** Maximum time for all of them: those for whom it is too short get a longer reconnect delay. */
  readonly spreadMs: number;
  /** Until a hub can be there again at all; 0 where others are. */
  readonly awayMs: number;
}

/** When each of `count` connections is closed, and how long its client shall stay away. */
export function paceOf(
  count: number,
  { spreadMs, awayMs }: Pace,
): readonly { readonly closeAtMs: number; readonly retryAfterMs: number }[] {
  const backMs = (index: number): number => (index * 1_000) / RETURNS_PER_SECOND;
  const lastMs = backMs(count - 1);
  const share = lastMs <= spreadMs ? 1 : spreadMs / lastMs;
  return Array.from({ length: count }, (_, index) => {
    const closeAtMs = Math.round(backMs(index) * share);
    return { closeAtMs, retryAfterMs: awayMs + Math.round(backMs(index)) - closeAtMs };
  });
}

/** Closes them one by one; all that are left at once when `stopNow` is aborted. */
export async function closePaced(
  closers: readonly CloseOne[],
  { clock, stopNow, ...pace }: Pace & { readonly clock: Clock; readonly stopNow: AbortSignal },
): Promise<void> {
  const paces = paceOf(closers.length, pace);
  const startedMs = clock.monotonicMs();
  let next = 0;
  const closeDue = (): void => {
    const nowMs = clock.monotonicMs() - startedMs;
    for (; next < closers.length; next += 1) {
      const { closeAtMs = 0, retryAfterMs = 0 } = paces[next] ?? {};
      if (closeAtMs > nowMs && !stopNow.aborted) return;
      closers[next]?.(retryAfterMs + Math.max(0, closeAtMs - nowMs));
    }
  };
  closeDue();
  while (next < closers.length) {
    await passed(clock, TICK_MS, stopNow);
    closeDue();
  }
}

/** Resolves after the time, or when the signal aborts. */
export async function passed(clock: Clock, delayMs: number, stopNow: AbortSignal): Promise<void> {
  if (delayMs <= 0 || stopNow.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      cancelTimer();
      stopNow.removeEventListener('abort', done);
      resolve();
    };
    const cancelTimer = clock.after(delayMs, done);
    stopNow.addEventListener('abort', done, { once: true });
  });
}
