import { visibleText } from '#protocol/display-text.ts';

/** Columns as wide as their content; the last is not padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((row) => row.map(visibleText));
  const count = Math.max(0, ...shown.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(...shown.map((row) => row[at]?.length ?? 0)),
  );
  return shown.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
