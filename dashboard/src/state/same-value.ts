import type { ScalarValue } from '#protocol/thing/data-schema.ts';

/** Relative difference that conversion to a 32-bit float may cause. */
const FLOAT32_EPSILON = 1e-6;

/** Whether two values mean the same: colours in either case, numbers up to a board's float. */
export function sameValue(a: ScalarValue | undefined, b: ScalarValue | undefined): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= FLOAT32_EPSILON * Math.max(1, Math.abs(a), Math.abs(b));
  }
  if (typeof a === 'string' && typeof b === 'string' && a.startsWith('#')) {
    return a.toLowerCase() === b.toLowerCase();
  }
  return a === b;
}
