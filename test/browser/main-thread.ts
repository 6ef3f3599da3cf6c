import type { CDPSession, Page } from 'playwright-core';

export interface MainThread {
  /** Tasks of more than 50 ms. */
  readonly longTasksMs: readonly number[];
  /** How often a chart was drawn. */
  readonly redraws: number;
}

declare global {
  interface Window {
    mainThread: { longTasksMs: number[]; redraws: number };
  }
}

/** Notes long tasks and redrawn charts from the first script of the page on. */
export async function watchMainThread(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.mainThread = { longTasksMs: [], redraws: 0 };
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        window.mainThread.longTasksMs.push(Math.round(duration));
      }
    }).observe({ type: 'longtask' });
    // A chart clears its canvas each time it draws.
    CanvasRenderingContext2D.prototype.clearRect = new Proxy(
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it is applied to its context below.
      CanvasRenderingContext2D.prototype.clearRect,
      {
        apply: (target, context, box) => {
          window.mainThread.redraws += 1;
          Reflect.apply(target, context, box);
        },
      },
    );
  });
}

/** What was noted since the last call. */
export async function drainMainThread(page: Page): Promise<MainThread> {
  return page.evaluate(() => {
    const held = window.mainThread;
    window.mainThread = { longTasksMs: [], redraws: 0 };
    return held;
  });
}

/** Bytes that are in use once nothing is left to collect. */
export async function collectedHeapBytes(devtools: CDPSession): Promise<number> {
  // Once frees what the finalizers of the first still held.
  for (let round = 0; round < 3; round += 1) await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}

/** Seconds that the main thread has worked since the page was opened. */
export async function busySeconds(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}
