import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;
const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * Waits until a condition returns something truthy, and returns that. What the
 * condition throws counts as "not yet", and is the cause when the time is over.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause: lastError });
    }
    await sleep(POLL_MS);
  }
}
