import type { AppError } from '#protocol/errors.ts';
import { asAppError } from '#client/http-client.ts';
import { isPassing, retryAfterMsOf } from '#client/retry-after.ts';
import type { Clock } from '#client/clock.ts';
import { fullJitter } from '#client/full-jitter.ts';

interface Retries {
  readonly clock: Clock;
  readonly random?: (() => number) | undefined;
  /** No attempt begins later than this after the first. */
  readonly withinMs: number;
  /** Called before each further attempt. */
  readonly stillWanted?: () => boolean;
  /** Ends the wait for the next attempt. */
  readonly signal: AbortSignal;
}

/**
 * Retries calls that the hub could not accept at the moment (busy, starting,
 * unreachable), with full jitter on top of its `Retry-After`. Only for idempotent
 * calls.
 */
export async function withRetries<T>(call: () => Promise<T>, retries: Retries): Promise<T> {
  const { clock, random, withinMs, stillWanted, signal } = retries;
  const endMs = clock.nowMs() + withinMs;
  for (let attempt = 0; ; attempt += 1) {
    let error: AppError;
    try {
      return await call();
    } catch (thrown) {
      error = asAppError(thrown);
    }
    const delayMs = retryAfterMsOf(error) + fullJitter(attempt, random);
    if (!isPassing(error.code) || clock.nowMs() + delayMs > endMs) throw error;
    await pause(clock, delayMs, signal);
    if (signal.aborted || stillWanted?.() === false) throw error;
  }
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    });
    const giveUp = () => {
      cancel();
      resolve();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
}
