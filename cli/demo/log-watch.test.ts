import { describe, expect, it } from 'vitest';
import { LOG_EVENT } from '#platform/logging/log-events.ts';
import type { LogEntry } from './log-line.ts';
import { LogWatch } from './log-watch.ts';

const ready = { event: LOG_EVENT.ready, fields: { port: 1 } };
const wanted = {
  source: 'hub',
  fits: ({ event }: LogEntry) => event === LOG_EVENT.ready,
};

describe('LogWatch', () => {
  it('gives the first entry of the right program that fits', async () => {
    const watch = new LogWatch();
    const { signal } = new AbortController();
    const found = watch.next(wanted, { timeoutMs: 5_000, signal });
    watch.see('base', ready);
    watch.see('hub', { fields: { port: 1 } });
    watch.see('hub', ready);
    expect(await found).toBe(ready);
  });

  it('gives nothing when it is called off, before or while it waits', async () => {
    const watch = new LogWatch();
    const controller = new AbortController();
    const found = watch.next(wanted, { timeoutMs: 5_000, signal: controller.signal });
    controller.abort();
    expect(await found).toBeUndefined();
    expect(
      await watch.next(wanted, { timeoutMs: 5_000, signal: controller.signal }),
    ).toBeUndefined();
  });

  it('gives nothing when the time is over', async () => {
    const { signal } = new AbortController();
    expect(await new LogWatch().next(wanted, { timeoutMs: 1, signal })).toBeUndefined();
  });
});
