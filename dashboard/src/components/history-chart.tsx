import 'uplot/dist/uPlot.min.css';
import './history-chart.css';
import { memo, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { ReadingGap } from '#protocol/reading.ts';
import { tickSpacePx } from '../format/tick-space.ts';
import { tickTexts } from '../format/time-text.ts';
import type { HistorySeries } from '../state/history-series.ts';
import { useServices } from './services.ts';
import { useReadable } from './use-readable.ts';

export interface ChartPoint {
  readonly index: number;
  readonly atMs: number;
}

interface HistoryChartProps {
  readonly series: HistorySeries;
  /** Lost readings: hatched over their time. A new array triggers a redraw. */
  readonly gaps: readonly ReadingGap[];
  /** The window on screen, in ms since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Values that stay until the next one: drawn as steps. */
  readonly holds: boolean;
  /** 0 and 1 mean off and on. */
  readonly isSwitch: boolean;
  readonly height: number;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  /** The point next to the cursor and the cursor's own time, undefined when there is none. */
  readonly onPoint: (point: ChartPoint | undefined) => void;
}

const SWITCH_RANGE: uPlot.Range.MinMax = [-0.1, 1.1];
/** The column of the line; the two before it are the edges of the band. */
const MEAN = 3;
/** Shorter than this, a drag was a click. */
const MIN_DRAG_PX = 6;

/**
 * The drawing itself; everything around it is the panel's. Each effect below
 * has one cause, and what the pointer does is reported past React: the chart
 * reports it also when its data change, so a report must never change them.
 */
export const HistoryChart = memo(function HistoryChart(props: HistoryChartProps) {
  const { series, gaps, fromMs, toMs, holds, isSwitch, height } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const drawn = useRef(series);
  const latest = useRef(props);
  latest.current = props;
  const scheme = useReadable(useServices().colorScheme.scheme);
  const { hasBand } = series;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const chart = new uPlot(
      optionsOf(element, latest, { holds, isSwitch, hasBand, height }),
      columns(latest.current.series),
      element,
    );
    plot.current = chart;
    drawn.current = latest.current.series;
    const resized = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.destroy();
      plot.current = undefined;
    };
  }, [scheme, holds, isSwitch, hasBand, height]);
  useEffect(() => {
    if (drawn.current === series) return;
    drawn.current = series;
    plot.current?.setData(columns(series));
  }, [series]);
  useEffect(() => {
    plot.current?.setScale('x', { min: fromMs / 1_000, max: toMs / 1_000 });
  }, [fromMs, toMs]);
  useEffect(() => {
    plot.current?.redraw(false);
  }, [gaps]);
  return <div ref={box} className="history-drawing" style={{ height }} />;
});

function columns(series: HistorySeries): uPlot.AlignedData {
  return [[...series.times], [...series.highs], [...series.lows], [...series.means]];
}

interface Look {
  readonly holds: boolean;
  readonly isSwitch: boolean;
  readonly hasBand: boolean;
  readonly height: number;
}

function optionsOf(
  element: HTMLElement,
  latest: { readonly current: HistoryChartProps },
  { holds, isSwitch, hasBand, height }: Look,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: token('--ink-soft'),
    font,
    grid: { stroke: token('--line'), width: 1 },
    ticks: { stroke: token('--line'), width: 1, size: 4 },
  };
  const { stepped } = uPlot.paths;
  const edge: uPlot.Series = { show: hasBand, points: { show: false }, width: 0 };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    scales: {
      // The caller decides the window, whatever points are in it.
      x: {
        time: true,
        range: () => [latest.current.fromMs / 1_000, latest.current.toMs / 1_000],
      },
      ...(isSwitch ? { y: { range: SWITCH_RANGE } } : {}),
    },
    axes: [
      {
        ...axis,
        size: 28,
        space: ({ ctx }, _axis, from, to, widthPx) => {
          ctx.save();
          ctx.font = font;
          const axisMs = { fromMs: from * 1_000, toMs: to * 1_000, widthPx };
          const space = tickSpacePx(axisMs, (text) => ctx.measureText(text).width);
          ctx.restore();
          return space;
        },
        values: (_chart, splits, _axis, _space, stepSeconds) =>
          tickTexts(
            splits.map((at) => at * 1_000),
            stepSeconds,
          ),
      },
      {
        ...axis,
        size: 52,
        ...(isSwitch ? { splits: () => [0, 1], values: () => ['off', 'on'] } : {}),
      },
    ],
    series: [
      {},
      // The band first, so that the line is drawn over it.
      edge,
      edge,
      {
        stroke: token('--accent'),
        width: 1.75,
        spanGaps: false,
        // A reading between two holes has no line: it is drawn as a dot.
        points: { show: true, size: 4, fill: token('--accent'), filter: isolatedPoints },
        ...(holds && stepped ? { paths: stepped({ align: 1 }) } : {}),
      },
    ],
    bands: hasBand ? [{ series: [1, 2], fill: token('--accent-soft') }] : [],
    cursor: {
      drag: { x: true, y: false, setScale: false },
      points: { size: (_chart, index) => (index === MEAN ? 8 : 0), fill: token('--accent') },
      y: false,
    },
    hooks: {
      // Below the grid and the line: known values stay readable.
      drawClear: [(chart) => drawGaps(chart, latest.current.gaps, token('--lost'))],
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width < MIN_DRAG_PX) return;
          latest.current.onZoom(
            chart.posToVal(left, 'x') * 1_000,
            chart.posToVal(left + width, 'x') * 1_000,
          );
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [
        (chart) => {
          const { idx, left } = chart.cursor;
          const isOver = typeof idx === 'number' && left !== undefined && left >= 0;
          latest.current.onPoint(
            isOver ? { index: idx, atMs: chart.posToVal(left, 'x') * 1_000 } : undefined,
          );
        },
      ],
    },
  };
}

/** The points of the line that have no neighbour to be joined with. */
function isolatedPoints(chart: uPlot, seriesIndex: number): number[] {
  const values = chart.data[seriesIndex] ?? [];
  const isHole = (index: number) => values[index] === null || values[index] === undefined;
  return Array.from(values.keys()).filter(
    (index) => !isHole(index) && isHole(index - 1) && isHole(index + 1),
  );
}

/** Narrower than this, a gap could not be seen. */
const MIN_GAP_WIDTH = 3;
/** Between two lines of the hatching, in CSS pixels. */
const HATCH_STEP = 7;

function drawGaps(chart: uPlot, gaps: readonly ReadingGap[], color: string): void {
  const { ctx, bbox } = chart;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = ratio;
  for (const gap of gaps) {
    const from = chart.valToPos(gap.fromMs / 1_000, 'x', true);
    const to = chart.valToPos(gap.toMs / 1_000, 'x', true);
    const width = Math.max(MIN_GAP_WIDTH * ratio, to - from);
    if (from > bbox.left + bbox.width || from + width < bbox.left) continue;
    drawHatching(ctx, { left: from, top: bbox.top, width, height: bbox.height }, ratio);
  }
  ctx.restore();
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Slanted lines within a box, so that a gap is marked by more than its colour. */
function drawHatching(ctx: CanvasRenderingContext2D, box: Box, ratio: number): void {
  const { left, top, width, height } = box;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.globalAlpha = 0.08;
  ctx.fillRect(left, top, width, height);
  ctx.globalAlpha = 0.45;
  ctx.beginPath();
  for (let x = left - height; x < left + width; x += HATCH_STEP * ratio) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}
