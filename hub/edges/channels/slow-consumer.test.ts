import { expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { TokenBucket } from '#platform/token-bucket.ts';
import { MESSAGES } from './connection-admission.ts';
import { waitingBytes } from './outbound-bound.ts';

const connection = (packets: readonly unknown[], bufferedAmount?: number) => ({
  writeBuffer: packets,
  transport: { socket: { bufferedAmount } },
});

it('counts what waits in Engine.IO and in the WebSocket', () => {
  expect(waitingBytes(connection([]))).toBe(0);
  expect(waitingBytes(connection([{ data: 'abc' }, { data: 'de' }, {}], 100))).toBe(105);
  expect(waitingBytes({})).toBe(0);
});

it('passes what a client may send, and no more', () => {
  const clock = new ManualClock();
  const budget = new TokenBucket(clock, MESSAGES);
  const passed = () =>
    Array.from({ length: 1_000 }, () => budget.tryConsume()).filter(Boolean).length;
  expect(passed()).toBe(400);
  clock.advance(500);
  expect(passed()).toBe(100);
  clock.advance(60_000);
  expect(passed()).toBe(400);
  expect(LIMITS.socketBufferedBytes).toBe(1_048_576);
});
