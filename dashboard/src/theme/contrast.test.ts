import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** The colours that a block of tokens.css sets. */
function tokensOf(selector: string): ReadonlyMap<string, string> {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf('}', start));
  const found = block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g);
  return new Map([...found].map(([, name = '', hex = '']) => [name, hex]));
}

const light = tokensOf(':root');
const themes = [
  ['light', light],
  ['dark', new Map([...light, ...tokensOf("[data-theme='dark']")])],
] as const;

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ['page', 'surface', 'sunken'];
const TEXTS = ['ink', 'ink-soft', 'accent', 'proven', 'waiting', 'lost', 'unknown'];
/** What the form and the state of a control is drawn with, and the ring of the focus. */
const CONTROLS = ['line-strong', 'accent'];

describe.each(themes)('the %s theme', (_name, tokens) => {
  const ratio = (one: string, other: string) =>
    contrast(tokens.get(one) ?? '', tokens.get(other) ?? '');

  it.each(TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)))(
    'reads %s on %s (4.5:1, WCAG 1.4.3)',
    (text, ground) => {
      expect(ratio(text, ground)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each([
    ['ink', 'waiting-soft'],
    ['ink', 'lost-soft'],
    ['ink-soft', 'lost-soft'],
    ['ink-soft', 'waiting-soft'],
    ['accent', 'accent-soft'],
    ['ink', 'accent-soft'],
    ['accent-ink', 'accent'],
  ])('reads %s on %s', (text, ground) => {
    expect(ratio(text, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(CONTROLS.flatMap((line) => GROUNDS.map((ground) => [line, ground] as const)))(
    'shows controls drawn with %s on %s (3:1, WCAG 1.4.11)',
    (line, ground) => {
      expect(ratio(line, ground)).toBeGreaterThanOrEqual(3);
    },
  );
});

it('measures as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

it('draws edges of fields, and switches and sliders, with what was measured', () => {
  const styles = (name: string) =>
    readFileSync(new URL(`../components/${name}.css`, import.meta.url), 'utf8');
  expect(styles('field-frame')).toMatch(
    /\.field-input \{[^}]*border: 1px solid var\(--line-strong\)/,
  );
  expect(styles('toggle')).toMatch(/\.toggle::before \{[^}]*2px solid var\(--line-strong\)/);
  expect(styles('range-control')).toMatch(/var\(--line-strong\) var\(--filled\)/);
  expect(styles('button')).toMatch(
    /\[data-variant='default'\] \{\s*border-color: var\(--line-strong\)/,
  );
});
