import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import { bytesText } from './number-text.ts';
import { absoluteText, durationText, spanText } from './time-text.ts';

/** A clock further away than this is worth a word. */
const CLOCK_TOLERANCE_MS = 2_000;

/** Board facts in readable form; undefined if the plain value is best. */
export function factText(
  semantic: string | undefined,
  value: ScalarValue | undefined,
  { nowMs, locale }: { readonly nowMs: number; readonly locale?: string },
): string | undefined {
  if (typeof value !== 'number') return undefined;
  switch (semantic) {
    case 'diagnostic.uptime':
      return durationText(value);
    case 'diagnostic.freeHeap': {
      const { text, unit } = bytesText(value, locale);
      return `${text} ${unit}`;
    }
    case 'diagnostic.rssi':
      return `${value} dBm, ${signalWord(value)}`;
    case 'diagnostic.time': {
      const offMs = Math.abs(value - nowMs);
      const note = offMs > CLOCK_TOLERANCE_MS ? ` (off by ${spanText(offMs)})` : '';
      return absoluteText(value, locale) + note;
    }
    default:
      return undefined;
  }
}

/** Usual judgement of Wi-Fi reception. */
function signalWord(dBm: number): string {
  if (dBm >= -60) return 'strong';
  if (dBm >= -70) return 'good';
  return dBm >= -80 ? 'weak' : 'very weak';
}
