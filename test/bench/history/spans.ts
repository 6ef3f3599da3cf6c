const DAY_MS = 86_400_000;
export const YEAR_MS = 365 * DAY_MS;

/** Spans that are requested, and the aim for an answer with 20 million readings. */
export const SPANS = [
  { name: '30 days', spanMs: 30 * DAY_MS, aimMs: 100 },
  { name: 'a year', spanMs: YEAR_MS, aimMs: 200 },
] as const;
