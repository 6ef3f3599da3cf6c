import { AppError } from '#protocol/errors.ts';

/** Waits until a condition holds; fails when it does not within the time. */
export async function until(condition: () => boolean, timeoutMs = 5_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > endMs) {
      throw new AppError('internal', { details: { condition: condition.toString() } });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
