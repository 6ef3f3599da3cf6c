import type { UnitView } from '#protocol/http/units.ts';
import type { PropertyState, Reading } from '#protocol/reading.ts';

/** Time and value, oldest first. */
export type Sparkline = readonly (readonly [atMs: number, value: number])[];

const BUCKET_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;

export interface AddedReadings {
  readonly readings: readonly Reading[];
  /** Properties whose newest reading here is the current value, according to the hub. */
  readonly inForce: readonly string[];
}

/** Of each property in force, the newest by the unit's own count: its time may be of a wrong clock. */
export function newestInForce({ readings, inForce }: AddedReadings): readonly Reading[] {
  const newest = new Map<string, Reading>();
  for (const reading of readings) {
    if (!inForce.includes(reading.property)) continue;
    const known = newest.get(reading.property);
    if (!known || known.seq <= reading.seq) newest.set(reading.property, reading);
  }
  return [...newest.values()];
}

/**
 * A unit updated with newer readings. Backlog readings, older than the known ones, do
 * not change the display.
 */
export function withReadings(unit: UnitView, added: AddedReadings): UnitView {
  const newest = newestInForce(added);
  if (newest.length === 0) return unit;
  const states = newest.map(
    ({ property, value, measuredAtMs, receivedAtMs, clock }): [string, PropertyState] => [
      property,
      { value, measuredAtMs, receivedAtMs, clock },
    ],
  );
  return { ...unit, reported: { ...unit.reported, ...Object.fromEntries(states) } };
}

/**
 * A sparkline carried on with the newest value while the page stays open: a
 * point per quarter of an hour, at most 24 h of them. Points of later than the
 * newest value are of a clock that was ahead.
 */
export function extendSparkline(points: Sparkline, atMs: number, value: number): Sparkline {
  const real = points.filter(([pointMs]) => pointMs <= atMs);
  const last = real.at(-1);
  if (last && atMs - last[0] < BUCKET_MS) return real.length === points.length ? points : real;
  return [...real.filter(([pointMs]) => pointMs > atMs - DAY_MS), [atMs, value]];
}
