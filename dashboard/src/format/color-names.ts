import { parseColor } from '#protocol/thing/color.ts';

/** Colours that a lamp can well show, as the presets offer them. */
export const COLOR_PRESETS: readonly { readonly name: string; readonly hex: string }[] = [
  { name: 'Warm white', hex: '#ffb46b' },
  { name: 'White', hex: '#ffffff' },
  { name: 'Red', hex: '#ff0000' },
  { name: 'Orange', hex: '#ff7a00' },
  { name: 'Yellow', hex: '#ffd000' },
  { name: 'Green', hex: '#00ff00' },
  { name: 'Teal', hex: '#00c8a0' },
  { name: 'Blue', hex: '#0000ff' },
  { name: 'Violet', hex: '#8a2be2' },
  { name: 'Pink', hex: '#ff3d9a' },
];

/** `#f80`, `ff8800`, `#FF8800` and `Orange` as `#rrggbb`; undefined when it is no colour. */
export function parseTypedColor(typed: string): string | undefined {
  const text = typed.trim();
  return parseColor(text) ?? parseColor(`#${text}`);
}
