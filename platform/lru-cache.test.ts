import { expect, it } from 'vitest';
import { LruCache } from './lru-cache.ts';

it('forgets what was used longest ago when it is full', () => {
  const cache = new LruCache<string, number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
  expect(cache.size).toBe(2);
});

it('counts a new value of a known key as a use of it, and not twice', () => {
  const cache = new LruCache<string, number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.set('a', 3);
  cache.set('c', 4);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([3, undefined, 4]);
});

it('deletes an entry', () => {
  const cache = new LruCache<string, number>(9);
  for (const [index, key] of ['a', 'b', 'c'].entries()) cache.set(key, index);
  cache.delete('a');
  cache.deleteWhere((value) => value > 1);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 1, undefined]);
  cache.clear();
  expect(cache.size).toBe(0);
});
