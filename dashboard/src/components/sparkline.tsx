import { memo } from 'react';
import { numberText } from '../format/number-text.ts';
import { sparklinePaths } from './sparkline-path.ts';
import type { Sparkline as Points } from '../state/unit-readings.ts';
import './sparkline.css';

interface SparklineProps {
  readonly points: Points;
  readonly unit: string;
  /** The right edge, in ms since 1970; the left one is 24 h before. */
  readonly endMs: number;
}

/** The last 24 hours at a glance; where nothing was measured, nothing is drawn. */
export const Sparkline = memo(function Sparkline({ points, unit, endMs }: SparklineProps) {
  const paths = sparklinePaths(points, { width: WIDTH, height: HEIGHT }, endMs);
  if (!paths) return <div className="sparkline" aria-hidden="true" />;
  const low = numberText(meanOf(paths.low), undefined);
  const high = numberText(meanOf(paths.high), undefined);
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Last 24 hours: between ${low} and ${high} ${unit}`}
    >
      <path className="sparkline-area" d={paths.area} />
      <path className="sparkline-line" d={paths.line} vectorEffect="non-scaling-stroke" />
    </svg>
  );
});

/** Points are means: more digits than these say nothing. */
function meanOf(value: number): number {
  return Number(value.toPrecision(4));
}

const WIDTH = 240;
const HEIGHT = 48;
