import { CleanupStack } from '#platform/testing/cleanup.ts';

/** Runs a part of a bench, and then undoes what it left to the cleanup. */
export async function withCleanup<T>(work: (cleanup: CleanupStack) => Promise<T>): Promise<T> {
  const cleanup = new CleanupStack();
  try {
    return await work(cleanup);
  } finally {
    await cleanup.run();
  }
}
