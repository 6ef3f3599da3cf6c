import { Suspense, useCallback, useMemo, useState } from 'react';
import { lazyPart } from '../components/lazy-part.ts';
import type { HistorySource, UnitView } from '#protocol/http/units.ts';
import type { ReadingGap } from '#protocol/reading.ts';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import type { ChartPoint } from '../components/history-chart.tsx';
import { DownloadIcon } from '../components/icons.tsx';
import { SelectField } from '../components/select-field.tsx';
import { useServices, useSite } from '../components/services.ts';
import { useHistory } from '../components/use-history.ts';
import { useReadable } from '../components/use-readable.ts';
import { lostText } from '../format/gap-text.ts';
import { durationText } from '../format/time-text.ts';
import { Cell } from '#client/cell.ts';
import { hasHistory, isDiagnostic } from '../state/affordance-control.ts';
import { gapsWithin, toCsv, toSeries } from '../state/history-series.ts';
import { GapLegend } from './gap-legend.tsx';
import { HistoryReadout } from './history-readout.tsx';
import { WindowButtons } from './window-buttons.tsx';
import { own } from '../state/own.ts';
import './history-panel.css';

const HistoryChart = lazyPart(
  async () => (await import('../components/history-chart.tsx')).HistoryChart,
);

const MINUTE = 60_000;
const RANGES = [
  { label: '15 min', ms: 15 * MINUTE },
  { label: '1 h', ms: 60 * MINUTE },
  { label: '6 h', ms: 360 * MINUTE },
  { label: '24 h', ms: 1_440 * MINUTE },
  { label: '7 d', ms: 7 * 1_440 * MINUTE },
  { label: '30 d', ms: 30 * 1_440 * MINUTE },
  { label: '1 y', ms: 365 * 1_440 * MINUTE },
] as const;

/** What the hub made the points of, where these are no single readings. */
const SOURCE_TEXTS: Readonly<Record<HistorySource, string>> = {
  raw: '',
  '1m': ' Made of 1-minute values.',
  '1h': ' Made of 1-hour values.',
};

/** A property's history: live edge, ranges, zoom by dragging. */
export function HistoryPanel({ unit }: { readonly unit: UnitView }) {
  const names = useMemo(() => historyNames(unit), [unit]);
  const [chosen, setChosen] = useState<string>();
  const name = chosen ?? names[0];
  if (name === undefined) return null;
  const schema = own(unit.description?.properties, name);
  return (
    <section className="panel stack" aria-label="History">
      <div className="row-wrap spread">
        <h2>History</h2>
        {names.length < 2 ? (
          <span className="soft">{schema?.title ?? name}</span>
        ) : (
          <SelectField
            aria-label="Property"
            value={name}
            options={names.map((value) => ({
              value,
              label: own(unit.description?.properties, value)?.title ?? value,
            }))}
            onChange={(event) => setChosen(event.currentTarget.value)}
          />
        )}
      </div>
      <PropertyHistory key={name} unit={unit} name={name} />
    </section>
  );
}

/** Sensors first, then what can be set, then facts about the board. */
function historyNames(unit: UnitView): string[] {
  return Object.entries(unit.description?.properties ?? {})
    .filter(([, property]) => hasHistory(property))
    .sort(([, a], [, b]) => rank(a) - rank(b))
    .map(([name]) => name);
}

function rank(property: Parameters<typeof isDiagnostic>[0]): number {
  if (isDiagnostic(property)) return 2;
  return property.readOnly && property.type !== 'boolean'
    ? 0
    : property.type === 'boolean'
      ? 1.5
      : 1;
}

function PropertyHistory({ unit, name }: { readonly unit: UnitView; readonly name: string }) {
  const { store } = useSite();
  const { ticker } = useServices();
  const [rangeMs, setRangeMs] = useState<number>(RANGES[0].ms);
  const [zoom, setZoom] = useState<{ fromMs: number; toMs: number }>();
  const [pointed] = useState(() => new Cell<ChartPoint | undefined>(undefined, samePoint));
  // The start of a live window is fixed while it is fetched; only its view moves on.
  const startMs = useMemo(() => store.hubNow() - rangeMs, [store, rangeMs]);
  const fromMs = zoom?.fromMs ?? startMs;
  const history = useHistory(unit.id, name, { fromMs, toMs: zoom?.toMs ?? null });
  const { points, gaps, bucketMs, source, loading, code } = history;
  const schema = own(unit.description?.properties, name);
  const isSwitch = schema?.type === 'boolean';
  // A set value holds until it is set again; a sensor without readings is a gap.
  const holds = isSwitch || schema?.readOnly === false;
  const series = useMemo(
    () => toSeries({ points, gaps, bucketMs, holds }),
    [points, gaps, bucketMs, holds],
  );
  const offsetMs = useReadable(store.clockOffsetMs);
  const nowMs = useReadable(ticker) + offsetMs;
  const view = zoom ?? { fromMs: nowMs - rangeMs, toMs: nowMs };
  const visible = points.some((point) => point.atMs >= view.fromMs && point.atMs <= view.toMs);
  const lost = gapsWithin(gaps, view.fromMs, view.toMs);
  const zoomTo = useCallback((from: number, to: number) => setZoom({ fromMs: from, toMs: to }), []);
  return (
    <>
      <div className="segments" role="group" aria-label="Range">
        {RANGES.map(({ label, ms }) => (
          <button
            key={label}
            type="button"
            aria-pressed={!zoom && ms === rangeMs}
            onClick={() => {
              setZoom(undefined);
              setRangeMs(ms);
            }}
          >
            {label}
          </button>
        ))}
      </div>
      <p className="history-readout small" aria-live="off">
        <HistoryReadout
          schema={schema}
          series={series}
          pointed={pointed}
          isSwitch={isSwitch}
          gaps={gaps}
          isZoomed={zoom !== undefined}
        />
      </p>
      <div
        data-testid="history-chart"
        data-points={points.length}
        className="history-chart"
        role="img"
        aria-label={summary(points, lost, schema?.title ?? name)}
        aria-busy={loading}
      >
        <Suspense fallback={<div style={{ height: CHART_HEIGHT }} />}>
          <HistoryChart
            series={series}
            gaps={gaps}
            fromMs={view.fromMs}
            toMs={view.toMs}
            holds={holds}
            isSwitch={isSwitch}
            height={CHART_HEIGHT}
            onPoint={pointed.set}
            onZoom={zoomTo}
          />
        </Suspense>
        {visible || loading || code !== undefined || lost.length > 0 ? null : (
          <p className="history-empty soft">No readings in this period.</p>
        )}
      </div>
      <GapLegend gaps={lost} />
      {code === undefined ? null : (
        <ErrorNote code={code} lead="The history could not be loaded." />
      )}
      <div className="row-wrap spread">
        <span className="soft small">
          {bucketMs > 0
            ? `Each point is the mean of ${durationText(bucketMs)}; the band shows minimum to maximum.${SOURCE_TEXTS[source]}`
            : ''}
        </span>
        <div className="row-wrap history-buttons">
          <WindowButtons
            view={view}
            isLive={zoom === undefined}
            nowMs={nowMs}
            onShow={({ fromMs: from, toMs: to }) => zoomTo(from, to)}
          />
          {zoom ? (
            <Button variant="default" onClick={() => setZoom(undefined)}>
              Back to live
            </Button>
          ) : null}
          <Button
            variant="default"
            icon={<DownloadIcon size={16} />}
            disabled={points.length === 0 && gaps.length === 0}
            onClick={() =>
              saveCsv(`${unit.name} ${name}`, toCsv({ points, gaps, bucketMs, source }))
            }
          >
            CSV
          </Button>
        </div>
      </div>
    </>
  );
}

const CHART_HEIGHT = 260;

function summary(
  points: readonly { min: number; max: number; last: number }[],
  gaps: readonly ReadingGap[],
  title: string,
): string {
  const lost = gaps.length === 0 ? '' : `. ${lostText(gaps)} of the unit were lost`;
  const last = points.at(-1);
  if (!last) return `${title}: no values in this period${lost}`;
  const low = points.reduce((least, point) => Math.min(least, point.min), Infinity);
  const high = points.reduce((max, point) => Math.max(max, point.max), -Infinity);
  return `${title}: from ${low} to ${high}, last ${last.last}${lost}`;
}

function samePoint(a: ChartPoint | undefined, b: ChartPoint | undefined): boolean {
  return a?.index === b?.index && a?.atMs === b?.atMs;
}

function saveCsv(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
