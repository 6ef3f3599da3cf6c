import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

function linesOf(...chunks: string[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe('LineSplitter', () => {
  it('joins lines that arrive in pieces, and splits those that arrive together', () => {
    expect(linesOf('on', 'e\ntw', 'o\r\nthree\n', '\n', 'rest')).toEqual([
      'one',
      'two',
      'three',
      'rest',
    ]);
  });

  it('never holds more than one line of 16,384 characters', () => {
    const lines = linesOf('x'.repeat(10_000), 'x'.repeat(10_000), 'y\n');
    expect(lines.map((line) => line.length)).toEqual([16_384, 1]);
  });
});
