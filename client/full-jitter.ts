const FIRST_WINDOW_MS = 500;
const MAX_WINDOW_MS = 30_000;

/**
 * A random wait before the next attempt: between 0 and a window that doubles
 * from 0.5 s to 30 s (docs/channels.md section 1).
 */
export function fullJitter(failedAttempts: number, random: () => number = Math.random): number {
  const windowMs = Math.min(MAX_WINDOW_MS, FIRST_WINDOW_MS * 2 ** failedAttempts);
  return Math.round(random() * windowMs);
}
