import { describe, expect, it } from 'vitest';
import { DisplayText, ReportedText } from './display-text.ts';

const Name = DisplayText(16);

describe('a text that others are shown', () => {
  it.each([
    ['plain', 'Lamp'],
    ['of other scripts', 'Лампа 灯 مصباح'],
    ['with an emoji of one picture', '💡'],
    ['with one of several', '👩🏽‍🔧👨‍👩‍👧'],
    ['with a heart', '❤️'],
    ['with marks', 'Z\u0335a\u0301'],
  ])('may be %s', (_what, text) => {
    expect(Name.parse(text)).toBe(text.normalize('NFC'));
  });

  it('is trimmed, of one normal form and of bounded length', () => {
    expect(Name.parse(' e\u0301 ')).toBe('\u00e9');
    expect(Name.safeParse('x'.repeat(17)).success).toBe(false);
  });

  it.each([
    ['an escape', 'Lamp\u001b[2J'],
    ['a line end', 'Lamp\nOwner'],
    ['a C1 control', 'Lamp\u009b31m'],
    ['a right-to-left override', 'gpj\u202e.exe'],
    ['an isolate', 'a\u2066b'],
    ['a zero-width space', 'La\u200bmp'],
    ['a joiner between letters', 'La\u200dmp'],
    ['a joiner at the end of an emoji', '💡\u200d'],
    ['a byte order mark', 'La\ufeffmp'],
    ['a soft hyphen', 'La\u00admp'],
    ['a blank letter', '\u3164'],
    ['a tag', 'Lamp\u{e0041}'],
    ['a variation selector', 'L\ufe00amp'],
    ['a lone surrogate', 'Lamp\ud800'],
    ['a heap of marks', `L${'\u0335'.repeat(9)}`],
  ])('is refused with %s, and marked where a device says it', (_what, text) => {
    expect(Name.safeParse(text).success).toBe(false);
    const said = ReportedText(64).parse(text);
    expect(said).toContain('\ufffd');
    expect(ReportedText(64).parse(said)).toBe(said);
  });
});
