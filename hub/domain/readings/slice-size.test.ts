import { expect, it } from 'vitest';
import { SliceSize } from './slice-size.ts';

it('begins small, and grows step by step to a bound', () => {
  const size = new SliceSize();
  const rows = [size.rows];
  for (let slice = 0; slice < 6; slice += 1) {
    size.record(0);
    rows.push(size.rows);
  }
  expect(rows).toEqual([5_000, 20_000, 80_000, 100_000, 100_000, 100_000, 100_000]);
});

it('fits after one slow slice, however much slower the machine has become', () => {
  const size = new SliceSize();
  for (let slice = 0; slice < 4; slice += 1) size.record(0);
  size.record(400);
  expect(size.rows).toBe(10_000);
  size.record(100_000);
  expect(size.rows).toBe(1_000);
});
