import type { HistoryPoint, HistorySource } from '#protocol/http/units.ts';
import type { ReadingGap } from '#protocol/reading.ts';

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
const MAX_GAPS = 500;

/**
 * From which distance on two points have a gap between them: well above the
 * rhythm in which the unit reports, so that a slow unit has no holes.
 */
export function gapThresholdMs(points: readonly HistoryPoint[], bucketMs: number): number {
  const rhythmMs = medianIntervalMs(points);
  return Math.max(MIN_GAP_MS, rhythmMs * INTERVALS_IN_A_GAP, bucketMs * BUCKETS_IN_A_GAP);
}

function medianIntervalMs(points: readonly HistoryPoint[]): number {
  const intervals = points
    .slice(1)
    .map((point, index) => point.atMs - (points[index]?.atMs ?? point.atMs))
    .sort((a, b) => a - b);
  return intervals[Math.floor(intervals.length / 2)] ?? 0;
}

interface SeriesInput {
  readonly points: readonly HistoryPoint[];
  /** Readings known to be lost: nothing is drawn across them. Oldest first. */
  readonly gaps: readonly ReadingGap[];
  readonly bucketMs: number;
  /** A value that stays until the next one (a switch): silence is no gap, lost readings are. */
  readonly holds: boolean;
}

export function toSeries({ points, gaps, bucketMs, holds }: SeriesInput): HistorySeries {
  const times: number[] = [];
  const means: (number | null)[] = [];
  const lows: (number | null)[] = [];
  const highs: (number | null)[] = [];
  const add = (atMs: number, value: Pick<HistoryPoint, 'mean' | 'min' | 'max'> | null): void => {
    times.push(atMs / 1_000);
    means.push(value?.mean ?? null);
    lows.push(value?.min ?? null);
    highs.push(value?.max ?? null);
  };
  const silenceMs = holds ? Infinity : gapThresholdMs(points, bucketMs);
  // The lost readings may be another property's: where this one continued in its rhythm, the line
  // is not broken.
  const rhythmMs = holds ? 0 : Math.max(bucketMs, medianIntervalMs(points)) * 1.5;
  let hasBand = false;
  let before: HistoryPoint | undefined;
  for (const point of points) {
    if (before) {
      const span = { fromMs: before.atMs, toMs: point.atMs };
      const lost = span.toMs - span.fromMs > rhythmMs ? firstLost(gaps, span) : undefined;
      if (lost && holds && lost.fromMs > before.atMs) {
        add(lost.fromMs, { mean: before.last, min: before.last, max: before.last });
      }
      if (lost || span.toMs - span.fromMs > silenceMs) {
        const brokenMs = lost && holds ? Math.max(lost.fromMs, before.atMs) + 1 : undefined;
        add(brokenMs ?? (span.fromMs + span.toMs) / 2, null);
      }
    }
    add(point.atMs, holds ? { ...point, mean: point.last } : point);
    hasBand ||= point.min !== point.max;
    before = point;
  }
  return { times, means, lows, highs, hasBand };
}

/** The first gap between two neighbouring points. */
function firstLost(
  gaps: readonly ReadingGap[],
  span: { readonly fromMs: number; readonly toMs: number },
): ReadingGap | undefined {
  return gaps.find((gap) => gap.fromMs < span.toMs && gap.toMs > span.fromMs);
}

/** The gaps plus one, oldest first; duplicates are merged. */
export function withGap(gaps: readonly ReadingGap[], gap: ReadingGap): readonly ReadingGap[] {
  const others = gaps.filter(
    ({ fromMs, toMs, reason }) =>
      fromMs !== gap.fromMs || toMs !== gap.toMs || reason !== gap.reason,
  );
  return [...others, gap].sort((a, b) => a.fromMs - b.fromMs).slice(-MAX_GAPS);
}

/** The gaps that reach into a window. */
export function gapsWithin(
  gaps: readonly ReadingGap[],
  fromMs: number,
  toMs: number,
): readonly ReadingGap[] {
  return gaps.filter((gap) => gap.toMs >= fromMs && gap.fromMs <= toMs);
}

/** The points plus one reading: in its bucket, or as a separate point if there are none. */
export function withReading(
  points: readonly HistoryPoint[],
  bucketMs: number,
  { atMs, value }: { readonly atMs: number; readonly value: number },
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

/**
 * Points and gaps as CSV for other programs; RFC 4180, times in ISO 8601. `span_ms` is the
 * time that a row sums up, 0 for a single reading; `source` is what it was made of (`raw`:
 * single readings, `1m`, `1h`: what the hub keeps of each minute or hour). A gap's row has no
 * values: it gives the end and the number of lost readings.
 */
export function toCsv({
  points,
  gaps,
  bucketMs,
  source,
}: {
  readonly points: readonly HistoryPoint[];
  readonly gaps: readonly ReadingGap[];
  readonly bucketMs: number;
  readonly source: HistorySource;
}): string {
  const rows = [
    ...points.map(({ atMs, min, max, mean, last, count }) => ({
      atMs,
      cells: [min, max, mean, last, count, bucketMs, source, '', '', ''],
    })),
    ...gaps.map(({ fromMs, toMs, count, reason }) => ({
      atMs: fromMs,
      cells: ['', '', '', '', '', '', '', iso(toMs), count, reason],
    })),
  ].sort((a, b) => a.atMs - b.atMs);
  const lines = rows.map(({ atMs, cells }) => [iso(atMs), ...cells].join(','));
  return [CSV_HEAD, ...lines, ''].join('\r\n');
}

const CSV_HEAD = 'time,min,max,mean,last,count,span_ms,source,lost_until,lost_count,lost_reason';

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
