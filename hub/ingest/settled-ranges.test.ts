import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type SeqRange, isSettled, settle } from './settled-ranges.ts';

it('holds exactly the numbers that were settled, in as few ranges as there are gaps', () => {
  const batches = fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 10 }));
  fc.assert(
    fc.property(batches, (lists) => {
      let ranges: SeqRange[] = [];
      for (const list of lists) ranges = settle(ranges, list);
      const all = new Set(lists.flat());
      for (let seq = 0; seq <= 61; seq += 1) expect(isSettled(ranges, seq)).toBe(all.has(seq));
      for (const [index, range] of ranges.entries()) {
        const next = ranges[index + 1];
        if (next) expect(next.from).toBeGreaterThan(range.to + 1);
      }
    }),
  );
});
