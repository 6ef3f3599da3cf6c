import { afterEach, describe, expect, it } from 'vitest';
import {
  absoluteText,
  ageText,
  countdownText,
  deltaText,
  durationText,
  spanText,
  hasTwoOffsets,
  offsetText,
  preciseTimeText,
  tickText,
  tickTexts,
  timeOfDayText,
} from './time-text.ts';

const HOUR = 3_600_000;
/** Before AM and PM, some engines write a narrow space. */
const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('times on screen', () => {
  it.each([
    [-500, 'just now'],
    [1_999, 'just now'],
    [5_400, '5 s ago'],
    [61_000, '1 min ago'],
    [3 * HOUR, '3 h ago'],
    [25 * HOUR, '1 day ago'],
    [72 * HOUR, '3 days ago'],
  ])('calls %i ms %s', (ms, text) => {
    expect(ageText(ms)).toBe(text);
  });

  it('names the two largest parts of a span', () => {
    expect(durationText(7_380_000)).toBe('2 h 3 min');
    expect(durationText(86_400_000 * 2 + 60_000)).toBe('2 d');
    expect(durationText(400)).toBe('0 s');
  });

  it('signs the steps of a trace', () => {
    expect(deltaText(12)).toBe('+12 ms');
    expect(deltaText(-3)).toBe('−3 ms');
    expect(spanText(1_250)).toBe('1.25 s');
    expect(spanText(180_000)).toBe('3 min');
  });

  it('counts down and stays at zero', () => {
    expect(countdownText(847_000)).toBe('14:07');
    expect(countdownText(-5)).toBe('0:00');
  });

  it('labels an axis with the day where one begins', () => {
    const noon = new Date(2026, 2, 4, 12, 30).getTime();
    const midnight = new Date(2026, 2, 4).getTime();
    expect(tickText(noon, 300, 'en-GB')).toBe('12:30');
    expect(tickText(noon, 10, 'en-GB')).toBe('12:30:00');
    expect(tickText(midnight, 3_600, 'en-GB')).toBe('4 Mar');
    expect(tickText(noon, 86_400, 'en-GB')).toBe('4 Mar');
  });

  it.each([
    ['en-US', '2:05 PM', '2:05:09 PM', '2:05:09.007 PM'],
    ['en-GB', '14:05', '14:05:09', '14:05:09.007'],
    ['de-DE', '14:05', '14:05:09', '14:05:09,007'],
  ])('has 12 or 24 hours everywhere, as %s has them', (locale, short, medium, precise) => {
    const ms = new Date(2026, 0, 5, 14, 5, 9, 7).getTime();
    expect(plain(tickText(ms, 300, locale))).toBe(short);
    expect(plain(tickText(ms, 10, locale))).toBe(medium);
    expect(plain(timeOfDayText(ms, locale))).toBe(medium);
    expect(plain(absoluteText(ms, locale))).toContain(medium);
    expect(plain(preciseTimeText(ms, locale))).toBe(precise);
  });

  it('aligns the hours of a trace where a day has 24', () => {
    const ms = new Date(2026, 0, 5, 9, 5, 9, 7).getTime();
    expect(plain(preciseTimeText(ms, 'en-GB'))).toBe('09:05:09.007');
    expect(plain(preciseTimeText(ms, 'en-US'))).toBe('9:05:09.007 AM');
  });

  describe('where clocks are set back', () => {
    const zone = process.env.TZ;
    afterEach(() => {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    });

    it('distinguishes the second of two equal hours from the first', () => {
      process.env.TZ = 'Europe/Berlin';
      const first = Date.UTC(2026, 9, 25, 0, 30);
      expect(tickTexts([first, first + HOUR], 300, 'en-GB')).toEqual([
        '02:30 UTC+2',
        '02:30 UTC+1',
      ]);
      expect(tickTexts([first + HOUR, first + 2 * HOUR], 300, 'en-GB')).toEqual(['02:30', '03:30']);
      expect([offsetText(first), offsetText(first + HOUR)]).toEqual(['UTC+2', 'UTC+1']);
      expect(hasTwoOffsets(first - 400 * 24 * HOUR, first)).toBe(true);
      process.env.TZ = 'America/St_Johns';
      expect(offsetText(Date.UTC(2026, 0, 1))).toBe('UTC-3:30');
    });
  });
});
