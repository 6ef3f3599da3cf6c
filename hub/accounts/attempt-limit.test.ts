import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { AttemptLimit } from './attempt-limit.ts';

describe('attempts with one key', () => {
  it('are allowed so often in a window, and again after it', () => {
    const clock = new ManualClock();
    const limit = new AttemptLimit({ clock, max: 2, windowMs: 60_000 });
    expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([undefined, undefined, 60]);
    clock.advance(59_000);
    expect(limit.take('a')).toBe(1);
    clock.advance(1_000);
    expect(limit.take('a')).toBeUndefined();
  });

  it('are allowed again within a window though the clock was ahead when they were counted', () => {
    const clock = new ManualClock();
    const rightMs = clock.now();
    const limit = new AttemptLimit({ clock, max: 1, windowMs: 60_000 });
    clock.set(rightMs + 86_400_000);
    expect([limit.take('a'), limit.take('a')]).toEqual([undefined, 60]);
    clock.set(rightMs);
    clock.advance(59_000);
    expect([limit.isOver('a'), limit.take('a')]).toEqual([true, 1]);
    clock.advance(1_000);
    expect([limit.isOver('a'), limit.take('a')]).toEqual([false, undefined]);
  });

  it('do not count for another key, nor once they are forgotten', () => {
    const limit = new AttemptLimit({ clock: new ManualClock(), max: 1, windowMs: 60_000 });
    expect([limit.take('a'), limit.take('b'), limit.take('a')]).toEqual([undefined, undefined, 60]);
    limit.forget('a');
    expect(limit.take('a')).toBeUndefined();
  });

  it('are kept of a bounded number of keys', () => {
    const limit = new AttemptLimit({ clock: new ManualClock(), max: 1, windowMs: 60_000 });
    limit.take('first');
    for (let index = 0; index < 10_000; index += 1) limit.take(`key ${index}`);
    expect(limit.take('first')).toBeUndefined();
    expect(limit.take('key 9999')).toBe(60);
  });
});
