import type { CDPSession, Page } from 'playwright-core';
import { z } from 'zod';

export interface MainThread {
  /** Tasks of more than 50 ms. */
  readonly longTasksMs: readonly number[];
  /** How often a chart was drawn. */
  readonly redraws: number;
}

interface Watch {
  longTasks: PerformanceEntryList;
  redraws: number;
  /**
   * On the page's clock: tasks that began before were counted before, whenever they are
   * reported.
   */
  sinceMs: number;
  readonly observer: PerformanceObserver;
}

const TraceEvent = z.object({
  name: z.string(),
  pid: z.number(),
  tid: z.number(),
  /** Processor time in microseconds. */
  tdur: z.number().optional(),
  args: z.object({ name: z.unknown() }).partial().optional(),
});

declare global {
  interface Window {
    mainThread: Watch;
  }
}

/** Notes long tasks and redrawn charts from the first script of the page on. */
export async function watchMainThread(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const observer = new PerformanceObserver((list) => {
      window.mainThread.longTasks.push(...list.getEntries());
    });
    window.mainThread = { longTasks: [], redraws: 0, sinceMs: 0, observer };
    observer.observe({ type: 'longtask' });
    // A chart clears its canvas each time it draws.
    CanvasRenderingContext2D.prototype.clearRect = new Proxy(
      // oxlint-disable-next-line typescript/unbound-method -- it is applied to its context below.
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

/**
 * What has happened since the last call. A long task is reported after its end: one that began
 * before, such as a garbage collection that the test requested, would count towards what
 * follows it.
 */
export async function drainMainThread(page: Page): Promise<MainThread> {
  return page.evaluate(() => {
    const { longTasks, redraws, sinceMs, observer } = window.mainThread;
    const tasks = [...longTasks, ...observer.takeRecords()];
    window.mainThread = { longTasks: [], redraws: 0, sinceMs: performance.now(), observer };
    const longTasksMs = tasks
      .filter(({ startTime }) => startTime >= sinceMs)
      .map(({ duration }) => Math.round(duration));
    return { longTasksMs, redraws };
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

const TRACED = { includedCategories: ['toplevel', '__metadata'], excludedCategories: ['*'] };

/**
 * Measures the tasks of the pages' main threads by the processor time that they took: on a
 * machine that has other work to do, a task of 5 ms is interrupted for 200 by the clock.
 *
 * @returns a function that ends it, and gives the longest task in ms.
 */
export async function traceTasks(page: Page): Promise<() => Promise<number>> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser');
  const devtools = await browser.newBrowserCDPSession();
  const mainThreads = new Set<string>();
  const longestMs = new Map<string, number>();
  devtools.on('Tracing.dataCollected', ({ value }) => {
    for (const { name, pid, tid, tdur = 0, args } of z.array(TraceEvent).parse(value)) {
      const thread = `${pid}/${tid}`;
      if (name === 'thread_name' && args?.name === 'CrRendererMain') mainThreads.add(thread);
      if (!name.endsWith('RunTask')) continue;
      longestMs.set(thread, Math.max(longestMs.get(thread) ?? 0, tdur / 1_000));
    }
  });
  await devtools.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: TRACED });
  return async () => {
    const complete = new Promise((done) => devtools.once('Tracing.tracingComplete', done));
    await devtools.send('Tracing.end');
    await complete;
    await devtools.detach();
    return Math.max(0, ...[...mainThreads].map((thread) => longestMs.get(thread) ?? 0));
  };
}
