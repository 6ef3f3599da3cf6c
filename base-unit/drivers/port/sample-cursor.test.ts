import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../test/harness/property-runs.ts';
import { type MissedSamples, SampleCursor } from './sample-cursor.ts';

const BOOT = '0000000a';

describe('a sample cursor', () => {
  it('requests all samples of a new unit, and reports none as missing', () => {
    const cursor = new SampleCursor(undefined);
    expect(cursor.connected(BOOT)).toBe(0);
    cursor.resumed(500);
    expect(cursor.advance({ seq: 500, count: 2, measuredAtMs: 7 }, BOOT)).toEqual({
      repeated: 0,
      missed: undefined,
    });
    expect(cursor.connected(BOOT)).toBe(501);
  });

  it('resumes after a restart of the base where the stored samples end', () => {
    const cursor = new SampleCursor({ bootId: BOOT, seq: 41, measuredAtMs: 1_000 });
    expect(cursor.connected(BOOT)).toBe(41);
    cursor.resumed(45);
    expect(cursor.advance({ seq: 45, count: 1, measuredAtMs: 9_000 }, BOOT).missed).toEqual({
      ...{ bootId: BOOT, fromSeq: 42, toSeq: 44, count: 3 },
      ...{ fromMs: 1_000, toMs: 9_000 },
    });
  });

  it('starts over with each boot, even one that has the old id by chance', () => {
    const cursor = new SampleCursor({ bootId: BOOT, seq: 41, measuredAtMs: 1_000 });
    expect(cursor.connected('0000000b')).toBe(0);
    const other = new SampleCursor({ bootId: BOOT, seq: 41, measuredAtMs: 1_000 });
    expect(other.connected(BOOT)).toBe(41);
    other.resumed(3);
    expect(other.advance({ seq: 3, count: 1, measuredAtMs: 9_000 }, BOOT)).toEqual({
      repeated: 0,
      missed: undefined,
    });
  });

  it('reports samples missing within a connection, once', () => {
    const cursor = new SampleCursor(undefined);
    cursor.connected(BOOT);
    cursor.resumed(1);
    cursor.advance({ seq: 1, count: 1, measuredAtMs: 1 }, BOOT);
    expect(cursor.advance({ seq: 9, count: 1, measuredAtMs: 2 }, BOOT).missed?.count).toBe(7);
    expect(cursor.advance({ seq: 10, count: 1, measuredAtMs: 3 }, BOOT).missed).toBeUndefined();
  });

  it.each([
    ['more samples than the time had room for', 0xffff_fff0, 1],
    ['a number that no sample has', 0xffff_ffff, 2],
  ])('ignores a report that claims %s, and keeps its position', (_name, seq, count) => {
    const cursor = new SampleCursor({ bootId: BOOT, seq: 41, measuredAtMs: 1_000 });
    cursor.connected(BOOT);
    cursor.resumed(42);
    const lie = cursor.advance({ seq, count, measuredAtMs: 61_000 }, BOOT);
    expect(lie).toMatchObject({ isLie: true, missed: undefined });
    expect(cursor.advance({ seq: 42, count: 1, measuredAtMs: 62_000 }, BOOT)).toEqual({
      repeated: 0,
      missed: undefined,
    });
    expect(cursor.connected(BOOT)).toBe(42);
  });

  it('accepts the rest of a report that partly arrived before', () => {
    const cursor = new SampleCursor({ bootId: BOOT, seq: 6, measuredAtMs: 1 });
    cursor.connected(BOOT);
    cursor.resumed(7);
    expect(cursor.advance({ seq: 5, count: 4, measuredAtMs: 2 }, BOOT)).toEqual({
      repeated: 2,
      missed: undefined,
    });
  });

  it('reports no gap if a unit does not say where it continues', () => {
    const cursor = new SampleCursor({ bootId: BOOT, seq: 6, measuredAtMs: 1 });
    cursor.connected(BOOT);
    expect(cursor.advance({ seq: 90, count: 1, measuredAtMs: 2 }, BOOT).missed).toBeUndefined();
    expect(cursor.advance({ seq: 90, count: 1, measuredAtMs: 2 }, BOOT).repeated).toBe(1);
  });

  it('has each sample once or declares it missing, whatever is cut, kept and restarted', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('sample'), count: fc.integer({ min: 1, max: 40 }) }),
      // As much of what was sent arrives, and then the link is gone.
      fc.record({ kind: fc.constant('cut'), count: fc.integer({ min: 0, max: 30 }) }),
      fc.record({ kind: fc.constant('crash'), count: fc.integer({ min: 0, max: 10 }) }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, reach) => {
          let newest = 0;
          let cursor = new SampleCursor(undefined);
          let stored = 0;
          const fresh: number[] = [];
          const missed: MissedSamples[] = [];
          const arrive = (atMost: number) => {
            const after = cursor.connected(BOOT);
            let seq = Math.max(after + 1, newest - reach + 1);
            cursor.resumed(seq);
            for (const end = Math.min(newest, seq + atMost - 1); seq <= end; seq += 1) {
              const result = cursor.advance({ seq, count: 1, measuredAtMs: seq }, BOOT);
              if (result.repeated === 0) fresh.push(seq);
              if (result.missed) missed.push(result.missed);
            }
          };
          // The base is subscribed from the boot on.
          cursor.connected(BOOT);
          cursor.resumed(1);
          cursor.advance({ seq: (newest = 1), count: 1, measuredAtMs: 1 }, BOOT);
          fresh.push(1);
          for (const { kind, count } of steps) {
            if (kind === 'sample') newest += count;
            else if (kind === 'cut') arrive(count);
            else {
              // What was not stored is lost with the base, and requested again.
              stored = Math.max(stored, (fresh.at(-1) ?? 0) - count, 1);
              while ((fresh.at(-1) ?? 0) > stored) fresh.pop();
              while ((missed.at(-1)?.toSeq ?? 0) >= stored) missed.pop();
              stored = fresh.at(-1) ?? 1;
              cursor = new SampleCursor({ bootId: BOOT, seq: stored, measuredAtMs: stored });
            }
          }
          arrive(Infinity);
          const gaps = missed.flatMap(({ fromSeq, count }) =>
            Array.from({ length: count }, (_, index) => fromSeq + index),
          );
          const all = [...fresh, ...gaps].toSorted((a, b) => a - b);
          expect(all).toEqual(Array.from({ length: newest }, (_, index) => index + 1));
          expect(fresh).toEqual(fresh.toSorted((a, b) => a - b));
        },
      ),
      propertyRuns(300),
    );
  });
});
