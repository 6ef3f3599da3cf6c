import type { Readable } from '#client/cell.ts';
import type { ReadingGap } from '#protocol/reading.ts';
import type { ScalarSchema } from '#protocol/thing/data-schema.ts';
import type { ChartPoint } from '../components/history-chart.tsx';
import { SignalShape } from '../components/signal.tsx';
import { useReadable } from '../components/use-readable.ts';
import { ValueText } from '../components/value-text.tsx';
import { GAP_REASONS, lostText } from '../format/gap-text.ts';
import { absoluteText, hasTwoOffsets, offsetText } from '../format/time-text.ts';
import type { HistorySeries } from '../state/history-series.ts';

interface HistoryReadoutProps {
  readonly schema: ScalarSchema | undefined;
  readonly series: HistorySeries;
  readonly pointed: Readable<ChartPoint | undefined>;
  readonly isSwitch: boolean;
  readonly gaps: readonly ReadingGap[];
  readonly isZoomed: boolean;
}

/**
 * What the cursor points at: a value, or the gap where one is missing. A component of its own, so
 * that the pointer redraws nothing else.
 */
export function HistoryReadout({
  schema,
  series,
  pointed,
  isSwitch,
  gaps,
  isZoomed,
}: HistoryReadoutProps) {
  const point = useReadable(pointed);
  if (!point) {
    return (
      <span className="soft">
        {isZoomed ? 'Not live' : 'Live'}
        <span className="history-drag">: drag over the chart to zoom</span>
      </span>
    );
  }
  const gap = gaps.find(({ fromMs, toMs }) => fromMs <= point.atMs && point.atMs <= toMs);
  if (gap) {
    return (
      <>
        <SignalShape tone="lost" /> <strong>{lostText([gap])} lost</strong>{' '}
        <span className="soft">{GAP_REASONS[gap.reason]}</span>
      </>
    );
  }
  const { index } = point;
  const low = series.lows[index];
  const high = series.highs[index];
  // For one reading, or several equal ones, the mean is the measured value.
  const isMean = series.hasBand && low !== high;
  const atMs = (series.times[index] ?? 0) * 1_000;
  const hasTwo = hasTwoOffsets((series.times[0] ?? 0) * 1_000, (series.times.at(-1) ?? 0) * 1_000);
  return (
    <>
      <span className="number">{absoluteText(atMs)}</span>{' '}
      {hasTwo ? <span className="soft">{offsetText(atMs)} </span> : null}
      <strong>
        <ValueText
          schema={schema}
          value={(isMean ? meanAt : valueAt)(series.means[index], isSwitch)}
        />
      </strong>
      {isMean ? (
        <span className="soft">
          {' '}
          between <ValueText schema={schema} value={valueAt(low, isSwitch)} /> and{' '}
          <ValueText schema={schema} value={valueAt(high, isSwitch)} />
        </span>
      ) : null}
    </>
  );
}

function valueAt(value: number | null | undefined, isSwitch: boolean) {
  if (value === null || value === undefined) return undefined;
  return isSwitch ? value > 0 : value;
}

/** Means have no precision of their own; this much is more than a chart can show. */
function meanAt(value: number | null | undefined, isSwitch: boolean) {
  const mean = valueAt(value, isSwitch);
  return typeof mean === 'number' ? Number(mean.toPrecision(5)) : mean;
}
