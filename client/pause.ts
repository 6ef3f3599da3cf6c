import type { Clock } from './clock.ts';

/** Waits; ends early when the signal is aborted. */
export function pause(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
  });
}
