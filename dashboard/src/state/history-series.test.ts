import { describe, expect, it } from 'vitest';
import { gapThresholdMs, toCsv, toSeries, withReading } from './history-series.ts';

const point = (atMs: number, value: number, spread = 0) => ({
  atMs,
  min: value - spread,
  max: value + spread,
  mean: value,
  last: value,
  count: 1,
});
const everySecond = Array.from({ length: 5 }, (_, index) => point(index * 1_000, index));

describe('the series of a chart', () => {
  it('has a hole where nothing was measured', () => {
    const { times, means } = toSeries([...everySecond, point(60_000, 9)], 0, false);
    expect(means).toEqual([0, 1, 2, 3, 4, null, 9]);
    expect(times[5]).toBe(32);
  });

  it('has no holes in the rhythm of a slow unit', () => {
    const slow = [0, 60_000, 120_000, 185_000].map((atMs) => point(atMs, 1));
    expect(gapThresholdMs(slow, 0)).toBe(6 * 60_000);
    expect(toSeries(slow, 0, false).means).not.toContain(null);
  });

  it('has no holes in a value that holds until the next one', () => {
    expect(toSeries([point(0, 1), point(9_000_000, 0)], 0, true).means).toEqual([1, 0]);
  });

  it('has a band only where low and high differ', () => {
    expect(toSeries(everySecond, 0, false).hasBand).toBe(false);
    expect(toSeries([point(0, 5, 2)], 60_000, false)).toMatchObject({
      hasBand: true,
      lows: [3],
      highs: [7],
    });
  });
});

describe('a reading at the live edge', () => {
  it('is a point of its own where there are no buckets', () => {
    expect(withReading(everySecond, 0, 5_000, 7)).toHaveLength(6);
  });

  it('goes into its bucket and moves mean, low and high', () => {
    const points = withReading([point(0, 4)], 10_000, 6_000, 8);
    expect(points).toEqual([{ atMs: 0, min: 4, max: 8, mean: 6, last: 8, count: 2 }]);
    expect(withReading(points, 10_000, 12_345, 5).at(-1)).toEqual(point(10_000, 5));
  });

  it('changes nothing when it is older than the edge', () => {
    expect(withReading(everySecond, 0, 3_000, 7)).toBe(everySecond);
  });

  it('lets the oldest point go when there are too many', () => {
    const many = Array.from({ length: 6_000 }, (_, index) => point(index, 0));
    const grown = withReading(many, 0, 7_000, 1);
    expect(grown).toHaveLength(6_000);
    expect(grown[0]?.atMs).toBe(1);
  });
});

it('writes CSV that other programs read', () => {
  expect(toCsv([point(0, 1.5)])).toBe(
    'time,min,max,mean,last,count\r\n1970-01-01T00:00:00.000Z,1.5,1.5,1.5,1.5,1\r\n',
  );
});
