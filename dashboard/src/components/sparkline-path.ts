import type { Sparkline } from '../state/unit-readings.ts';

export interface SparklinePaths {
  readonly line: string;
  readonly area: string;
  readonly low: number;
  readonly high: number;
}

/** Points further apart than this have a gap between them: two buckets were empty. */
const GAP_MS = 45 * 60_000;
const PADDING = 2;
const DAY_MS = 24 * 3_600_000;

/** SVG paths of the 24 h up to `endMs`, or undefined when there is not enough to draw. */
export function sparklinePaths(
  points: Sparkline,
  { width, height }: { readonly width: number; readonly height: number },
  endMs: number,
): SparklinePaths | undefined {
  if (points.length < 2) return undefined;
  let low = Infinity;
  let high = -Infinity;
  for (const [, value] of points) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const startMs = endMs - DAY_MS;
  const spread = high - low;
  const place = ([atMs, value]: readonly [number, number]) => {
    const share = spread === 0 ? 0.5 : (value - low) / spread;
    return {
      x: round(Math.min(1, Math.max(0, (atMs - startMs) / DAY_MS)) * width),
      y: round(height - PADDING - share * (height - 2 * PADDING)),
    };
  };
  const runs: (readonly [number, number])[][] = [];
  let before: readonly [number, number] | undefined;
  for (const point of points) {
    const run = runs.at(-1);
    if (!run || !before || point[0] - before[0] > GAP_MS) runs.push([point]);
    else run.push(point);
    before = point;
  }
  let line = '';
  let area = '';
  for (const run of runs) {
    const places = run.map(place);
    const path = places.map(({ x, y }) => `${x} ${y}`).join('L');
    line += `M${path}`;
    area += `M${places[0]?.x ?? 0} ${height}L${path}L${places.at(-1)?.x ?? 0} ${height}Z`;
  }
  return { line, area, low, high };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
