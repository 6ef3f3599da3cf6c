import type { Clock } from '#platform/clock.ts';

/** Waits, unless aborted. */
export async function pause(clock: Clock, delayMs: number, stop: AbortSignal): Promise<void> {
  if (delayMs === 0 || stop.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      cancel();
      stop.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    stop.addEventListener('abort', done, { once: true });
  });
}
