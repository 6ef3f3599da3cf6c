import { describe, expect, it } from 'vitest';
import {
  countUnmarked,
  documentedBlocks,
  joinBlocks,
  splitOutput,
} from './harness/documented-commands.ts';

const DOCUMENT = [
  '# Tour',
  '```sh',
  'rm -rf shown-only',
  '```',
  '<!-- run -->',
  '```sh',
  'A=1',
  'echo "a is $A"',
  '```',
  '<!-- expect: a is -->',
  '<!-- expect: 1 -->',
  'Text.',
  '<!-- run -->',
  '```sh',
  'echo "$A again"',
  '```',
].join('\n');

describe('documented commands', () => {
  it('are the marked blocks, with what is expected of each', () => {
    expect(documentedBlocks(DOCUMENT)).toEqual([
      { line: 6, script: 'A=1\necho "a is $A"', expected: ['a is', '1'] },
      { line: 14, script: 'echo "$A again"', expected: [] },
    ]);
    expect(countUnmarked(DOCUMENT)).toBe(1);
  });

  it('run in one shell, and their outputs are separated', () => {
    expect(joinBlocks(documentedBlocks(DOCUMENT))).toContain('A=1');
    expect(splitOutput('a is 1\n\n--- block 0\n1 again\n\n--- block 1\n')).toEqual([
      'a is 1\n\n',
      '\n1 again\n\n',
    ]);
    expect(splitOutput('a is 1\n\n--- block 0\nerror')).toHaveLength(1);
  });
});
