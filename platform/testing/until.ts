import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;
const MAX_POLL_MS = 100;
/** Waiting takes at most a tenth of a processor, whatever the condition costs: others compute meanwhile. */
const REST_PER_CHECK = 9;
const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * Waits until a condition returns something truthy, and returns that. What the
 * condition throws counts as "not yet", and is the cause when the time is over;
 * but for what only a mistake in the condition throws, which fails at once.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    const checkedAt = performance.now();
    try {
      const value = await condition();
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      if (isMistake(error)) {
        throw new Error(`the condition of "${what}" failed`, { cause: error });
      }
      lastError = error;
    }
    const now = performance.now();
    if (now > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause: lastError });
    }
    await sleep(Math.min(MAX_POLL_MS, Math.max(POLL_MS, REST_PER_CHECK * (now - checkedAt))));
  }
}

/** As the engine throws them: the errors of Node's own functions have a code, and a failed fetch a cause. */
function isMistake(error: unknown): boolean {
  if (error instanceof ReferenceError) return true;
  return error instanceof TypeError && error.cause === undefined && !('code' in error);
}
