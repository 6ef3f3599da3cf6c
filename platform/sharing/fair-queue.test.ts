import { expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

it('gives the turns round, however much one owner has waiting', () => {
  const queue = new FairQueue<string>(10);
  for (const item of ['a1', 'a2', 'a3']) queue.push('a', item);
  queue.push('b', 'b1');
  queue.push('c', 'c1');
  const order = Array.from({ length: 6 }, () => queue.shift());
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'a3', undefined]);
  expect(queue.size).toBe(0);
});

it('when full, drops the newest of the owner with the most, and of no other', () => {
  const queue = new FairQueue<string>(4);
  for (const item of ['a1', 'a2', 'a3', 'a4']) expect(queue.push('a', item)).toBeUndefined();
  expect(queue.push('a', 'a5')).toBe('a5');
  expect(queue.push('b', 'b1')).toBe('a4');
  expect(queue.push('c', 'c1')).toBe('a3');
  // Two owners with as much as the incoming one would have: nobody makes room for more than a share.
  expect(queue.push('b', 'b2')).toBe('b2');
  expect(queue.push('d', 'd1')).toBe('a2');
  expect(queue.push('e', 'e1')).toBe('e1');
  expect(queue.size).toBe(4);
  expect(queue.drain()).toEqual(['a1', 'b1', 'c1', 'd1']);
  expect(queue.shift()).toBeUndefined();
});
