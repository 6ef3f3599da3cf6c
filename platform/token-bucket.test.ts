import { expect, it } from 'vitest';
import { ManualClock } from './testing/manual-clock.ts';
import { TokenBucket } from './token-bucket.ts';

it('passes a burst, then so much per second, and never more than a burst after a pause', () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, { burst: 10, perSecond: 4 });
  const passed = () => Array.from({ length: 50 }, () => bucket.tryConsume()).filter(Boolean).length;
  expect(passed()).toBe(10);
  clock.advance(500);
  expect(passed()).toBe(2);
  clock.advance(60_000);
  expect(passed()).toBe(10);
});

it('consumes nothing for what it refuses, and passes what was granted', () => {
  const bucket = new TokenBucket(new ManualClock(), { burst: 3, perSecond: 1 });
  expect([bucket.tryConsume(4), bucket.tryConsume(3), bucket.tryConsume()]).toEqual([
    false,
    true,
    false,
  ]);
  bucket.grant(2);
  expect([bucket.tryConsume(2), bucket.tryConsume()]).toEqual([true, false]);
});
