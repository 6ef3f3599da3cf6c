import { describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { AttemptLimit } from './attempt-limit.ts';

describe('attempts with one key', () => {
  it('are allowed so often in a window, and again after it', () => {
    const clock = new ManualClock();
    const limit = new AttemptLimit({ clock, max: 2, windowMs: 60_000 });
    expect([limit.count('a'), limit.count('a'), limit.count('a')]).toEqual([
      undefined,
      undefined,
      60,
    ]);
    clock.advance(59_000);
    expect(limit.count('a')).toBe(1);
    clock.advance(1_000);
    expect(limit.count('a')).toBeUndefined();
  });

  it('are allowed again within a window though the clock was ahead when they were counted', () => {
    const clock = new ManualClock();
    const rightMs = clock.nowMs();
    const limit = new AttemptLimit({ clock, max: 1, windowMs: 60_000 });
    clock.set(rightMs + 86_400_000);
    expect([limit.count('a'), limit.count('a')]).toEqual([undefined, 60]);
    clock.set(rightMs);
    clock.advance(59_000);
    expect([limit.isOver('a'), limit.count('a')]).toEqual([true, 1]);
    clock.advance(1_000);
    expect([limit.isOver('a'), limit.count('a')]).toEqual([false, undefined]);
  });

  it('do not count for another key, nor once they are forgotten', () => {
    const limit = new AttemptLimit({ clock: new ManualClock(), max: 1, windowMs: 60_000 });
    expect([limit.count('a'), limit.count('b'), limit.count('a')]).toEqual([
      undefined,
      undefined,
      60,
    ]);
    limit.forget('a');
    expect(limit.count('a')).toBeUndefined();
  });

  it('are kept of a bounded number of keys, and of none too low', () => {
    const clock = new ManualClock();
    const limit = new AttemptLimit({ clock, max: 3, windowMs: 60_000, maxKeys: 100 });
    // One attempt is left.
    expect([limit.count('ada'), limit.count('ada')]).toEqual([undefined, undefined]);
    clock.advance(30_000);
    for (let index = 0; index < 100; index += 1) limit.count(`made up ${index}`);
    // The one with the fewest attempts made room, not the one that was used longest ago.
    expect(limit.count('ada')).toBeUndefined();
    expect(limit.count('ada')).toBe(30);
    // Whoever made room counts from where the other has come to, until the other's time is over.
    for (let index = 0; index < 300; index += 1) limit.count(`more made up ${index % 150}`);
    expect(limit.count('ada')).toBeGreaterThan(0);
    clock.advance(60_000);
    expect(limit.count('ada')).toBeUndefined();
  });

  it('cannot be reset by trying with ever new keys', () => {
    const clock = new ManualClock();
    const limit = new AttemptLimit({ clock, max: 20, windowMs: 300_000, maxKeys: 1_000 });
    let guesses = 0;
    for (let index = 0; index < 10_000; index += 1) {
      limit.count(`made up ${index}`);
      if (limit.count('ada') === undefined) guesses += 1;
    }
    expect(guesses).toBe(20);
  });
});
