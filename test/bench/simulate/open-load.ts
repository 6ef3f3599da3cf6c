/** Arrivals that do not wait for each other: so many a second, at random moments (Poisson). */
export interface OpenLoad {
  readonly perSecond: number;
  readonly seconds: number;
  /** One of them; its number counts from 0. */
  readonly arrive: (index: number) => Promise<void>;
}

/**
 * How long each took from the moment at which it was due: a late start counts too.
 *
 * @throws the first error, once all are over.
 */
export async function openLoad({ perSecond, seconds, arrive }: OpenLoad): Promise<number[]> {
  if (perSecond === 0) {
    await sleep(seconds * 1_000);
    return [];
  }
  const latencies: number[] = [];
  const errors: unknown[] = [];
  const running: Promise<void>[] = [];
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  let dueMs = startMs;
  for (let index = 0; ; index += 1) {
    dueMs += (-Math.log(1 - Math.random()) * 1_000) / perSecond;
    if (dueMs >= endMs) break;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const sinceMs = dueMs;
    running.push(
      arrive(index).then(
        () => {
          latencies.push(performance.now() - sinceMs);
        },
        (error: unknown) => {
          errors.push(error);
        },
      ),
    );
  }
  await sleep(Math.max(0, endMs - performance.now()));
  await Promise.all(running);
  if (errors.length > 0) throw errors[0];
  return latencies;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
