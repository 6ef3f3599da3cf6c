import { HOUR_MS } from '../../store/dirty-hours.ts';
import { ROLL_UP_MS, type RollUp } from '../../store/reading-rollups.ts';

/** Read from single readings, or from a roll-up. */
export interface HistoryPart {
  readonly from: 'readings' | RollUp;
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

export interface HistoryNeeds {
  readonly fromMs: number;
  readonly toMs: number;
  readonly rollUp: RollUp;
  /** Hours of which the roll-ups are outdated, in order. */
  readonly dirtyHours: readonly number[];
  /** Up to here readings are not rolled up yet. */
  readonly rolledUpFromMs: number;
  /** From when on readings, and rows of the roll-up, are kept. */
  readonly readingsFromMs: number;
  readonly rollUpFromMs: number;
}

/**
 * What to read of a range, in order and without overlap: rows of the roll-up where they are
 * right, and readings at the edges, which cut a row in two, and in outdated hours. Where
 * readings are not kept, a row at an edge counts as a whole.
 */
export function historyParts(needs: HistoryNeeds): HistoryPart[] {
  const { toMs, rollUp, readingsFromMs } = needs;
  const stepMs = ROLL_UP_MS[rollUp];
  const fromMs = Math.max(needs.fromMs, Math.min(needs.rollUpFromMs, readingsFromMs));
  const parts: HistoryPart[] = [];
  const add = (from: HistoryPart['from'], startMs: number, endMs: number): void => {
    if (endMs <= startMs) return;
    const last = parts.at(-1);
    if (last?.from === from) parts[parts.length - 1] = { ...last, toMs: endMs };
    else parts.push({ from, fromMs: startMs, toMs: endMs });
  };
  let atMs = fromMs;
  for (const [startMs, spanEndMs] of readingSpans({ ...needs, fromMs }, stepMs)) {
    const beginMs = Math.max(startMs, atMs, readingsFromMs);
    const endMs = Math.min(toMs, spanEndMs);
    if (endMs <= beginMs) continue;
    add(rollUp, atMs, beginMs);
    add('readings', beginMs, endMs);
    atMs = endMs;
  }
  add(rollUp, atMs, toMs);
  return parts;
}

/** Spans of a range that its roll-up does not answer, by their beginning. */
function readingSpans(needs: HistoryNeeds, stepMs: number): [number, number][] {
  const { fromMs, toMs, rolledUpFromMs, dirtyHours } = needs;
  const spans: [number, number][] = [
    [fromMs, Math.min(toMs, rolledUpFromMs)],
    [fromMs, Math.min(toMs, Math.ceil(fromMs / stepMs) * stepMs)],
    ...dirtyHours.map((hour): [number, number] => [hour, hour + HOUR_MS]),
    [Math.max(fromMs, Math.floor(toMs / stepMs) * stepMs), toMs],
  ];
  return spans.toSorted(([a], [b]) => a - b);
}
