import { visibleText } from '#protocol/display-text.ts';

/**
 * Lines for a terminal. All text from others is passed through here before it is
 * printed: it must not control the terminal, nor fake a line.
 */
export function terminalLines(lines: readonly string[]): string {
  return lines.map((line) => `${visibleText(line)}\n`).join('');
}
