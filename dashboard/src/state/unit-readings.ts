import type { UnitView } from '#protocol/http/units.ts';
import type { PropertyState, Reading } from '#protocol/reading.ts';

/** Time and value, oldest first. */
export type Sparkline = readonly (readonly [atMs: number, value: number])[];

const BUCKET_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;

/**
 * A unit with newer readings in its reported values. Readings of a backlog,
 * older than what is known, do not turn the display back.
 */
export function withReadings(unit: UnitView, readings: readonly Reading[]): UnitView {
  const reported: Record<string, PropertyState> = { ...unit.reported };
  let changed = false;
  for (const { property, value, measuredAtMs, receivedAtMs, clock } of readings) {
    const known = reported[property];
    if (known && known.measuredAtMs > measuredAtMs) continue;
    reported[property] = { value, measuredAtMs, receivedAtMs, clock };
    changed = true;
  }
  return changed ? { ...unit, reported } : unit;
}

/**
 * A sparkline carried on while the page stays open: a point per quarter of
 * an hour, at most 24 h of them.
 */
export function extendSparkline(points: Sparkline, atMs: number, value: number): Sparkline {
  const last = points.at(-1);
  if (last && atMs - last[0] < BUCKET_MS) return points;
  return [...points.filter(([pointMs]) => pointMs > atMs - DAY_MS), [atMs, value]];
}
