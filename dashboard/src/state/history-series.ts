import type { HistoryPoint } from '#protocol/http/units.ts';

/** Columns as the chart wants them: seconds, then values; null where there is a gap. */
export interface HistorySeries {
  readonly times: readonly number[];
  readonly means: readonly (number | null)[];
  readonly lows: readonly (number | null)[];
  readonly highs: readonly (number | null)[];
  /** Whether low and high differ anywhere: then there is a band to draw. */
  readonly hasBand: boolean;
}

const MIN_GAP_MS = 10_000;
const INTERVALS_IN_A_GAP = 6;
const BUCKETS_IN_A_GAP = 2.5;
/** Points kept of a live chart. */
const MAX_POINTS = 6_000;

/**
 * From which distance on two points have a gap between them: well above the
 * rhythm in which the unit reports, so that a slow unit has no holes.
 */
export function gapThresholdMs(points: readonly HistoryPoint[], bucketMs: number): number {
  const intervals = points
    .slice(1)
    .map((point, index) => point.atMs - (points[index]?.atMs ?? point.atMs))
    .sort((a, b) => a - b);
  const median = intervals[Math.floor(intervals.length / 2)] ?? 0;
  return Math.max(MIN_GAP_MS, median * INTERVALS_IN_A_GAP, bucketMs * BUCKETS_IN_A_GAP);
}

/** @param holds a value that stays until the next one (a switch): it has no gaps. */
export function toSeries(
  points: readonly HistoryPoint[],
  bucketMs: number,
  holds: boolean,
): HistorySeries {
  const times: number[] = [];
  const means: (number | null)[] = [];
  const lows: (number | null)[] = [];
  const highs: (number | null)[] = [];
  const gapMs = holds ? Infinity : gapThresholdMs(points, bucketMs);
  let hasBand = false;
  let beforeMs: number | undefined;
  for (const point of points) {
    if (beforeMs !== undefined && point.atMs - beforeMs > gapMs) {
      times.push((beforeMs + point.atMs) / 2_000);
      means.push(null);
      lows.push(null);
      highs.push(null);
    }
    times.push(point.atMs / 1_000);
    means.push(holds ? point.last : point.mean);
    lows.push(point.min);
    highs.push(point.max);
    hasBand ||= point.min !== point.max;
    beforeMs = point.atMs;
  }
  return { times, means, lows, highs, hasBand };
}

/** The points with one more reading: in its bucket, or as a point of its own where there are none. */
export function withReading(
  points: readonly HistoryPoint[],
  bucketMs: number,
  atMs: number,
  value: number,
): readonly HistoryPoint[] {
  const last = points.at(-1);
  if (last && atMs <= last.atMs && bucketMs === 0) return points;
  if (last && bucketMs > 0 && atMs < last.atMs + bucketMs) {
    if (atMs < last.atMs) return points;
    const count = last.count + 1;
    const merged = {
      atMs: last.atMs,
      min: Math.min(last.min, value),
      max: Math.max(last.max, value),
      mean: last.mean + (value - last.mean) / count,
      last: value,
      count,
    };
    return [...points.slice(0, -1), merged];
  }
  const startMs = bucketMs > 0 ? Math.floor(atMs / bucketMs) * bucketMs : atMs;
  const point = { atMs: startMs, min: value, max: value, mean: value, last: value, count: 1 };
  return [...points.slice(-(MAX_POINTS - 1)), point];
}

/** The points as a table for other programs; RFC 4180, times in ISO 8601. */
export function toCsv(points: readonly HistoryPoint[]): string {
  const rows = points.map(({ atMs, min, max, mean, last, count }) =>
    [new Date(atMs).toISOString(), min, max, mean, last, count].join(','),
  );
  return ['time,min,max,mean,last,count', ...rows, ''].join('\r\n');
}
