import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HOUR_MS } from '../../store/dirty-hours.ts';
import { historyParts, type HistoryNeeds } from './history-plan.ts';

const needs = (change: Partial<HistoryNeeds>): HistoryNeeds => ({
  fromMs: 0,
  toMs: 10 * HOUR_MS,
  rollUp: 'reading_hours',
  dirtyHours: [],
  rolledUpFromMs: 0,
  readingsFromMs: 0,
  rollUpFromMs: 0,
  ...change,
});
const shown = (change: Partial<HistoryNeeds>) =>
  historyParts(needs(change)).map(({ from, fromMs, toMs }) => [
    from === 'readings' ? 'readings' : 'rolled',
    fromMs / HOUR_MS,
    toMs / HOUR_MS,
  ]);

it('reads a roll-up alone where its rows fit the range', () => {
  expect(shown({})).toEqual([['rolled', 0, 10]]);
});

it('reads readings at edges that cut a row, and in outdated hours', () => {
  expect(
    shown({ fromMs: 0.5 * HOUR_MS, dirtyHours: [4, 9].map((hour) => hour * HOUR_MS) }),
  ).toEqual([
    ['readings', 0.5, 1],
    ['rolled', 1, 4],
    ['readings', 4, 5],
    ['rolled', 5, 9],
    ['readings', 9, 10],
  ]);
  expect(shown({ toMs: 9.25 * HOUR_MS, dirtyHours: [9 * HOUR_MS] })).toEqual([
    ['rolled', 0, 9],
    ['readings', 9, 9.25],
  ]);
});

it('reads readings from before there were roll-ups', () => {
  expect(shown({ rolledUpFromMs: 6 * HOUR_MS })).toEqual([
    ['readings', 0, 6],
    ['rolled', 6, 10],
  ]);
  expect(shown({ rolledUpFromMs: 8e15 })).toEqual([['readings', 0, 10]]);
});

it('reads no readings that are not kept, and no rows either', () => {
  const kept = { readingsFromMs: 5 * HOUR_MS, rollUpFromMs: 2 * HOUR_MS };
  expect(shown({ ...kept, dirtyHours: [9 * HOUR_MS] })).toEqual([
    ['rolled', 2, 9],
    ['readings', 9, 10],
  ]);
  expect(shown({ ...kept, fromMs: 3.5 * HOUR_MS, toMs: 4.5 * HOUR_MS })).toEqual([
    ['rolled', 3.5, 4.5],
  ]);
});

it('leaves nothing of a range out and reads nothing twice, whatever is outdated', () => {
  const time = fc.integer({ min: 0, max: 20 }).map((half) => (half * HOUR_MS) / 2);
  fc.assert(
    fc.property(
      time,
      time,
      fc.uniqueArray(fc.integer({ min: 0, max: 10 })),
      fc.constantFrom(0, 3, 7),
      fc.constantFrom(0, 2, 6),
      (a, b, dirty, rolledUpFrom, readingsFrom) => {
        const [fromMs, toMs] = [Math.min(a, b), Math.max(a, b)];
        const parts = historyParts(
          needs({
            fromMs,
            toMs,
            dirtyHours: dirty.toSorted((x, y) => x - y).map((hour) => hour * HOUR_MS),
            rolledUpFromMs: rolledUpFrom * HOUR_MS,
            readingsFromMs: readingsFrom * HOUR_MS,
          }),
        );
        let atMs = fromMs;
        for (const part of parts) {
          expect(part.fromMs).toBe(atMs);
          expect(part.toMs).toBeGreaterThan(part.fromMs);
          if (part.from === 'readings') {
            expect(part.fromMs).toBeGreaterThanOrEqual(readingsFrom * HOUR_MS);
          }
          atMs = part.toMs;
        }
        expect(atMs).toBe(toMs);
      },
    ),
  );
});
