import { expect, it } from 'vitest';
import { ByteQueue } from './byte-queue.ts';

it('gives the bytes back in their order, however they came', () => {
  const queue = new ByteQueue();
  for (const chunk of ['a', 'bc', 'def']) queue.push(Buffer.from(chunk));
  expect(queue.peek(2).subarray(0, 2).toString()).toBe('ab');
  expect(queue.shift(4).toString()).toBe('abcd');
  queue.push(Buffer.from('gh'));
  expect([queue.size, queue.shift(4).toString(), queue.size]).toEqual([4, 'efgh', 0]);
});

it('keeps many single bytes in few pieces', () => {
  const queue = new ByteQueue();
  const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251));
  for (const byte of bytes) queue.push(Buffer.of(byte));
  expect(queue.chunks).toBeLessThan(250);
  expect(queue.shift(bytes.length)).toEqual(bytes);
});

it('peeks at less where there is no more', () => {
  const queue = new ByteQueue();
  expect(queue.peek(5)).toHaveLength(0);
  queue.push(Buffer.of(1));
  expect(queue.peek(5)).toEqual(Buffer.of(1));
});
