/** A time that a chart shows. */
export interface HistoryWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Less would show a reading or two. */
const MIN_MS = 10_000;
/** As much as the longest of the ranges. */
const MAX_MS = 365 * 86_400_000;
/** Of its width, so that something of the last view is still there. */
const STEP = 0.5;

/** @param steps below zero: earlier. Nothing is known of what comes after now. */
export function movedWindow(
  { fromMs, toMs }: HistoryWindow,
  steps: number,
  nowMs: number,
): HistoryWindow {
  const byMs = Math.min((toMs - fromMs) * STEP * steps, nowMs - toMs);
  return { fromMs: fromMs + byMs, toMs: toMs + byMs };
}

/** Around its middle, half as long or twice as long. */
export function zoomedWindow(
  { fromMs, toMs }: HistoryWindow,
  direction: 'in' | 'out',
  nowMs: number,
): HistoryWindow {
  const factor = direction === 'in' ? 0.5 : 2;
  const lengthMs = Math.min(MAX_MS, Math.max(MIN_MS, (toMs - fromMs) * factor));
  const endMs = Math.min(nowMs, (fromMs + toMs + lengthMs) / 2);
  return { fromMs: endMs - lengthMs, toMs: endMs };
}
