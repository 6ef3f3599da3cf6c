import { afterAll, beforeAll } from 'vitest';
import { type Cleanup, CleanupStack } from '#platform/testing/cleanup.ts';

/**
 * What the tests of a group (or, outside of one, of a file) share: it is
 * started before the first of them, and what it left to the cleanup is undone
 * after the last. Nothing is started where all of them are skipped.
 *
 * @param timeoutMs of the start; default: that of the project.
 * @returns the way to it, for tests and what they call.
 */
export function startedOnce<T>(
  start: (cleanup: Cleanup) => Promise<T>,
  timeoutMs?: number,
): () => T {
  const cleanup = new CleanupStack();
  const started: T[] = [];
  beforeAll(async () => {
    started.push(await start(cleanup));
  }, timeoutMs);
  afterAll(() => cleanup.run());
  return () => {
    const [found] = started;
    if (found === undefined) throw new Error('what the tests share did not start');
    return found;
  };
}
