import { expect, it } from 'vitest';
import { groupedBy } from './grouped-by.ts';

it('keeps the order of the items of a key, and of the keys by their first', () => {
  const groups = groupedBy(['pear', 'apple', 'plum', 'fig', 'apricot'], (word) => word[0]);
  expect([...groups]).toEqual([
    ['p', ['pear', 'plum']],
    ['a', ['apple', 'apricot']],
    ['f', ['fig']],
  ]);
  expect(groupedBy([], String).size).toBe(0);
});
