import { describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { Coalescer } from './coalescer.ts';

function arrange() {
  const clock = new ManualClock();
  const sent: number[] = [];
  const waiting: (() => void)[] = [];
  let slow = false;
  const coalescer = new Coalescer<number>({
    clock,
    intervalMs: 100,
    send: (value) => {
      sent.push(value);
      return slow ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve();
    },
  });
  /** Lets the promises of finished sends run on. */
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  return { clock, sent, waiting, coalescer, settle, makeSlow: () => (slow = true) };
}

describe('Coalescer', () => {
  it('sends the first value at once', () => {
    const { sent, coalescer } = arrange();
    coalescer.push(1);
    expect(sent).toEqual([1]);
  });

  it('sends only the last value of an interval', async () => {
    const { clock, sent, coalescer, settle } = arrange();
    for (const value of [1, 2, 3, 4]) coalescer.push(value);
    await settle();
    expect(sent).toEqual([1]);
    clock.advance(100);
    expect(sent).toEqual([1, 4]);
  });

  it('keeps one in flight, and the last value wins however slow it is', async () => {
    const { clock, sent, waiting, coalescer, settle, makeSlow } = arrange();
    makeSlow();
    coalescer.push(1);
    coalescer.push(2);
    clock.advance(1_000);
    coalescer.push(3);
    expect(sent).toEqual([1]);
    waiting[0]?.();
    await settle();
    expect(sent).toEqual([1, 3]);
  });

  it('sends nothing more after it was closed', async () => {
    const { clock, sent, coalescer, settle } = arrange();
    coalescer.push(1);
    coalescer.push(2);
    coalescer.close();
    await settle();
    clock.advance(1_000);
    expect(sent).toEqual([1]);
    expect(clock.pendingTimers).toBe(0);
  });
});
