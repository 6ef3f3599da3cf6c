/**
 * Commands of a document that are run by the tests. A block of shell commands
 * is marked by a comment on the line before its fence; the comment does not
 * show when the document is read:
 *
 *     <!-- run -->
 *     ```sh
 *     curl -s http://127.0.0.1:8080/healthz
 *     ```
 *     <!-- expect: ok -->
 *
 * All marked blocks of a document run in its order in one shell (bash -euo
 * pipefail), so that variables live on. Each `expect` comment after a block
 * names text that the block's output must contain. A fence `sh` without a
 * mark is shown only; `countUnmarked` tells how many there are.
 */
export interface DocumentedBlock {
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly script: string;
  readonly expected: readonly string[];
}

const FENCE = /^```sh\s*$/;

export function documentedBlocks(markdown: string): DocumentedBlock[] {
  const lines = markdown.split('\n');
  return lines.flatMap((text, index) => {
    if (!FENCE.test(text) || lines[index - 1]?.trim() !== '<!-- run -->') return [];
    const end = lines.indexOf('```', index + 1);
    if (end === -1) throw new Error(`the block at line ${index + 1} does not end`);
    const expected: string[] = [];
    for (let at = end + 1; ; at += 1) {
      const [, wanted] = /^<!-- expect: (.+) -->$/.exec(lines[at]?.trim() ?? '') ?? [];
      if (wanted === undefined) break;
      expected.push(wanted);
    }
    return [{ line: index + 1, script: lines.slice(index + 1, end).join('\n'), expected }];
  });
}

export function countUnmarked(markdown: string): number {
  const fences = markdown.split('\n').filter((line) => FENCE.test(line)).length;
  return fences - documentedBlocks(markdown).length;
}

const MARK = '--- block';

/** One script that runs all blocks and says where each one's output ends. */
export function joinBlocks(blocks: readonly DocumentedBlock[]): string {
  const parts = blocks.map(({ script }, index) => `${script}\necho; echo '${MARK} ${index}'`);
  // What a terminal gives: error output that can be opened as /dev/stderr.
  return ['set -euo pipefail', 'exec 2> >(cat >&2)', ...parts].join('\n');
}

/** The output of each block; shorter than the blocks when the script broke off. */
export function splitOutput(output: string): string[] {
  const parts = output.split(new RegExp(`^${MARK} \\d+$`, 'm'));
  return parts.slice(0, -1);
}
