import type { HistoryAnswer } from '#protocol/http/units.ts';

/** A plausible day: a different curve for each unit, dark at night, with some noise. */
export function daylight(seed: string, property: string): [number, number][] {
  const phase = phaseOf(seed);
  const nowMs = Date.now();
  return Array.from({ length: 96 }, (_, index) => {
    const atMs = nowMs - (96 - index) * 900_000;
    return [atMs, plausible(property, atMs, phase)];
  });
}

export function plausible(property: string, atMs: number, phase: number): number {
  const hour = (atMs / 3_600_000 + (phase % 5)) % 24;
  const sun = Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI));
  const noise = Math.sin(atMs / 40_000 + phase) + Math.sin(atMs / 7_000 + phase * 2);
  switch (property) {
    case 'temperature':
      return Math.round((18 + 4 * sun + 0.2 * noise) * 10) / 10;
    case 'humidity':
      return Math.round(52 - 12 * sun + noise);
    default:
      return Math.round((12 + 620 * sun + 8 * noise) * 10) / 10;
  }
}

/** A number that differs from unit to unit. */
function phaseOf(id: string): number {
  return Array.from(id).reduce((sum, char) => sum + char.charCodeAt(0), 0);
}

/** A plausible history with an unexplained outage, and one with lost readings. */
export function fakeHistory(query: URLSearchParams, unitId: string): HistoryAnswer {
  const property = query.get('property') ?? '';
  const fromMs = Number(query.get('from'));
  const toMs = Math.min(Number(query.get('to')), Date.now());
  const bucketMs = Math.max(2_000, Math.ceil((toMs - fromMs) / 400 / 1_000) * 1_000);
  const phase = phaseOf(unitId);
  const place = (share: number) => Math.round(fromMs + (toMs - fromMs) * share);
  const outage = { fromMs: place(0.55), toMs: place(0.62) };
  const lost = { fromMs: place(0.22), toMs: place(0.3) };
  const points = [];
  for (let atMs = fromMs; atMs < toMs; atMs += bucketMs) {
    if ([outage, lost].some((hole) => atMs > hole.fromMs && atMs < hole.toMs)) continue;
    const mean = plausible(property, atMs, phase);
    const spread = bucketMs > 2_000 ? Math.abs(mean) * 0.06 + 1 : 0;
    points.push({ atMs, min: mean - spread, max: mean + spread, mean, last: mean, count: 5 });
  }
  return {
    property,
    fromMs,
    toMs,
    bucketMs: bucketMs > 2_000 ? bucketMs : 0,
    source: 'raw',
    kept: { rawFromMs: 0, minutesFromMs: 0, hoursFromMs: 0 },
    points,
    gaps: [{ ...lost, count: 1_204, reason: 'outbox_full' }],
    nextFromMs: null,
  };
}
