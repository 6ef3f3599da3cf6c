import { visibleText } from '#protocol/display-text.ts';

/**
 * Lines for a terminal, each with its end. All that others chose goes through here before it
 * is printed: it must not steer the terminal, nor look like a line of its own.
 */
export function terminalLines(lines: readonly string[]): string {
  return lines.map((line) => `${visibleText(line)}\n`).join('');
}
