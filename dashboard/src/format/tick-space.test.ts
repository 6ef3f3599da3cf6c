import { expect, it } from 'vitest';
import { tickSpacePx } from './tick-space.ts';

const MINUTE = 60_000;
const fromMs = new Date(2026, 2, 4, 9, 0).getTime();
/** As if each character were 7 px wide. */
const textPx = (text: string): number => text.length * 7;
const spaceOf = (spanMs: number, locale: string): number =>
  tickSpacePx({ fromMs, toMs: fromMs + spanMs, widthPx: 400 }, textPx, locale);

it('leaves ticks the room of their texts: more for 12 hours than for 24, and for seconds', () => {
  expect(spaceOf(60 * MINUTE, 'en-GB')).toBe('22:58'.length * 7 + 14);
  expect(spaceOf(60 * MINUTE, 'en-US')).toBe('10:58 PM'.length * 7 + 14);
  expect(spaceOf(MINUTE, 'en-GB')).toBe('22:58:58'.length * 7 + 14);
  expect(spaceOf(MINUTE, 'en-US')).toBe('10:58:58 PM'.length * 7 + 14);
});
