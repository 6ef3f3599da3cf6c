import { expect, it } from 'vitest';
import { inChunks } from './in-chunks.ts';

it('divides a list into slices, of which only the last may be shorter', () => {
  expect([...inChunks([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...inChunks([1, 2], 2)]).toEqual([[1, 2]]);
  expect([...inChunks([], 2)]).toEqual([]);
});
