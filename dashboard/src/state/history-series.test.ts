import { describe, expect, it } from 'vitest';
import type { ReadingGap } from '#protocol/reading.ts';
import {
  gapsWithin,
  gapThresholdMs,
  toCsv,
  toSeries,
  withGap,
  withReading,
} from './history-series.ts';

const point = (atMs: number, value: number, spread = 0) => ({
  atMs,
  min: value - spread,
  max: value + spread,
  mean: value,
  last: value,
  count: 1,
});
const plain = { points: [], gaps: [], bucketMs: 0, holds: false };
const gap = (fromMs: number, toMs: number, count = 3): ReadingGap => ({
  fromMs,
  toMs,
  count,
  reason: 'outbox_full',
});
const everySecond = Array.from({ length: 5 }, (_, index) => point(index * 1_000, index));

describe('the series of a chart', () => {
  it('has a hole where nothing was measured', () => {
    const { times, means } = toSeries({ ...plain, points: [...everySecond, point(60_000, 9)] });
    expect(means).toEqual([0, 1, 2, 3, 4, null, 9]);
    expect(times[5]).toBe(32);
  });

  it('has no holes in the rhythm of a slow unit', () => {
    const slow = [0, 60_000, 120_000, 185_000].map((atMs) => point(atMs, 1));
    expect(gapThresholdMs(slow, 0)).toBe(6 * 60_000);
    expect(toSeries({ ...plain, points: slow }).means).not.toContain(null);
  });

  it('has no holes in a value that holds until the next one', () => {
    expect(
      toSeries({ ...plain, points: [point(0, 1), point(9_000_000, 0)], holds: true }).means,
    ).toEqual([1, 0]);
  });

  it('has a band only where low and high differ', () => {
    expect(toSeries({ ...plain, points: everySecond }).hasBand).toBe(false);
    expect(toSeries({ ...plain, points: [point(0, 5, 2)], bucketMs: 60_000 })).toMatchObject({
      hasBand: true,
      lows: [3],
      highs: [7],
    });
  });
});

describe('lost readings', () => {
  it('break the line even where the silence is short', () => {
    const points = [...everySecond, point(8_000, 9)];
    expect(toSeries({ ...plain, points }).means).not.toContain(null);
    const { means } = toSeries({ ...plain, points, gaps: [gap(4_500, 7_500)] });
    expect(means).toEqual([0, 1, 2, 3, 4, null, 9]);
  });

  it('of another property leave a line alone that went on in its rhythm', () => {
    const { means } = toSeries({ ...plain, points: everySecond, gaps: [gap(900, 3_100)] });
    expect(means).toEqual([0, 1, 2, 3, 4]);
  });

  it('end a value that holds where they begin: what came then is not known', () => {
    const points = [point(0, 1), point(60_000, 0)];
    const { times, means } = toSeries({
      ...plain,
      points,
      gaps: [gap(20_000, 30_000)],
      holds: true,
    });
    expect(means).toEqual([1, 1, null, 0]);
    expect(times).toEqual([0, 20, 20.001, 60]);
  });

  it('are kept once, oldest first', () => {
    const gaps = [gap(5, 9), gap(1, 2), gap(5, 9, 8)].reduce<readonly ReadingGap[]>(withGap, []);
    expect(gaps).toEqual([gap(1, 2), gap(5, 9, 8)]);
    expect(gapsWithin(gaps, 3, 6)).toEqual([gap(5, 9, 8)]);
    expect(gapsWithin(gaps, 10, 20)).toEqual([]);
  });
});

describe('a reading at the live edge', () => {
  it('is a separate point if there are no buckets', () => {
    expect(withReading(everySecond, 0, { atMs: 5_000, value: 7 })).toHaveLength(6);
  });

  it('goes into its bucket and moves mean, low and high', () => {
    const points = withReading([point(0, 4)], 10_000, { atMs: 6_000, value: 8 });
    expect(points).toEqual([{ atMs: 0, min: 4, max: 8, mean: 6, last: 8, count: 2 }]);
    expect(withReading(points, 10_000, { atMs: 12_345, value: 5 }).at(-1)).toEqual(
      point(10_000, 5),
    );
  });

  it('changes nothing when it is older than the edge', () => {
    expect(withReading(everySecond, 0, { atMs: 3_000, value: 7 })).toBe(everySecond);
  });

  it('lets the oldest point go when there are too many', () => {
    const many = Array.from({ length: 6_000 }, (_, index) => point(index, 0));
    const grown = withReading(many, 0, { atMs: 7_000, value: 1 });
    expect(grown).toHaveLength(6_000);
    expect(grown[0]?.atMs).toBe(1);
  });
});

it('writes CSV that other programs read, gaps in their places', () => {
  const points = [point(0, 1.5), point(9_000, 2)];
  const gaps = [gap(1_000, 8_000)];
  expect(toCsv({ points, gaps, bucketMs: 0, source: 'raw' }).split('\r\n')).toEqual([
    'time,min,max,mean,last,count,span_ms,source,lost_until,lost_count,lost_reason',
    '1970-01-01T00:00:00.000Z,1.5,1.5,1.5,1.5,1,0,raw,,,',
    '1970-01-01T00:00:01.000Z,,,,,,,,1970-01-01T00:00:08.000Z,3,outbox_full',
    '1970-01-01T00:00:09.000Z,2,2,2,2,1,0,raw,,,',
    '',
  ]);
  expect(toCsv({ points, gaps: [], bucketMs: 60_000, source: '1m' })).toContain(
    '\r\n1970-01-01T00:00:00.000Z,1.5,1.5,1.5,1.5,1,60000,1m,,,\r\n',
  );
});
