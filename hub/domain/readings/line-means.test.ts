import { expect, it } from 'vitest';
import { LineMeans, type Segment, addToSegment } from './line-means.ts';

const DAY = { fromMs: 0, toMs: 400 };
const read = (segment: Segment, fromMs: number, ...means: [at: number, mean: number][]) =>
  addToSegment(segment, fromMs, new Map(means.map(([at, mean]) => [at, { mean, count: 1 }])));
const rangesOf = (segments: readonly Segment[]) =>
  segments.map(({ fromMs, toMs }) => [fromMs, toMs]);

function begin(line: LineMeans, nowMs: number, range = DAY): Segment {
  const [segment] = line.begin(range, nowMs);
  if (!segment) throw new Error('nothing to read');
  return segment;
}

it('are read once, but for the span that is not over', () => {
  const line = new LineMeans(100);
  const segment = begin(line, 350);
  expect(segment).toMatchObject({ fromMs: 0, toMs: 400 });
  read(segment, 0, [0, 1], [300, 4]);
  expect(line.points()).toEqual([
    [0, 1],
    [300, 4],
  ]);
  expect(rangesOf(line.begin(DAY, 350))).toEqual([[300, 400]]);
  expect(rangesOf(line.begin(DAY, 400))).toEqual([[300, 400]]);
});

it('are read on where a read had no time left, in the middle of a span too', () => {
  const line = new LineMeans(100);
  read(begin(line, 400), 150, [100, 3], [300, 4]);
  const [rest, ...more] = line.begin(DAY, 400);
  expect(more).toEqual([]);
  expect(rest).toMatchObject({ fromMs: 0, toMs: 150 });
  if (rest) read(rest, 0, [100, 1]);
  expect(line.points()).toEqual([
    [100, 2],
    [300, 4],
  ]);
  expect(line.begin(DAY, 400)).toEqual([]);
});

it('are read again where a reading came late, and shown as they were until then', () => {
  const line = new LineMeans(100);
  read(begin(line, 400), 0, [0, 1], [100, 2], [200, 3]);
  line.changed(150);
  line.changed(399);
  line.changed(5_000);
  const segments = line.begin(DAY, 400);
  expect(rangesOf(segments)).toEqual([
    [300, 400],
    [100, 200],
  ]);
  expect(line.points()).toEqual([
    [0, 1],
    [100, 2],
    [200, 3],
  ]);
  for (const segment of segments) read(segment, segment.fromMs, [100, 7]);
  expect(line.points()[1]).toEqual([100, 7]);
});

it('do not count a read that began before the change', () => {
  const line = new LineMeans(100);
  const segment = begin(line, 400);
  line.changed(150);
  read(segment, 0, [0, 1], [100, 2]);
  expect(rangesOf(line.begin(DAY, 400))).toEqual([[100, 200]]);
});

it('are added once where two reads end at the same place', () => {
  const line = new LineMeans(100);
  const [one, other] = [begin(line, 400), begin(line, 400)];
  read(one, 0, [100, 2]);
  read(other, 0, [100, 2]);
  expect(line.points()).toEqual([[100, 2]]);
  expect(line.begin(DAY, 400)).toEqual([]);
});

it('move with the clock, and back with it', () => {
  const line = new LineMeans(100);
  read(begin(line, 400), 0, [0, 1], [300, 4]);
  const later = { fromMs: 100, toMs: 500 };
  expect(rangesOf(line.begin(later, 450))).toEqual([[400, 500]]);
  expect(line.points()).toEqual([[300, 4]]);
  // What was over is not any more; what was forgotten is read again.
  expect(rangesOf(line.begin(DAY, 350))).toEqual([
    [300, 400],
    [0, 100],
  ]);
});
