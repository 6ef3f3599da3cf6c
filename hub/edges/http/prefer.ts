import { LIMITS } from '#protocol/limits.ts';

/**
 * Milliseconds of `Prefer: wait=<seconds>` (RFC 7240 section 4.3); 0 if absent. Longer
 * waits than allowed are shortened: it is a preference.
 */
export function preferredWaitMs(header: string | string[] | undefined): number {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  for (const preference of text.split(/[,;]/)) {
    const [, seconds] = /^\s*wait\s*=\s*"?(\d{1,5})"?\s*$/i.exec(preference) ?? [];
    if (seconds !== undefined) return Math.min(Number(seconds), LIMITS.maxWaitSeconds) * 1000;
  }
  return 0;
}
