import { run } from '../make/run.mjs';

/** Exit code of our own scripts when a required tool is missing. */
export const TOOL_MISSING = 3;

/**
 * Runs one command of Node.js. Its reported test counts are used; without any it counts
 * as one test by its exit code.
 *
 * @param {{ root: string, args: string[], timeoutMs: number, isBackground?: boolean }} options
 * @returns {Promise<import('./tally.mjs').PartResult>}
 */
export async function commandPart({ root, args, timeoutMs, isBackground = false }) {
  const options = { cwd: root, timeoutMs, isBackground };
  const { code, output, processorMs } = await run(process.execPath, args, options);
  if (code === TOOL_MISSING) {
    return { passed: 0, failed: 0, skipped: [lastLine(output)], output, processorMs };
  }
  const counts = { ...countOutput(output), processorMs };
  if (code !== 0) return { ...counts, failed: Math.max(1, counts.failed), output };
  const said = counts.passed + counts.failed + counts.skipped.length > 0;
  return { ...counts, passed: said ? counts.passed : 1, output };
}

/**
 * Parses the end of our own scripts' output: `N passed, N failed, N skipped` in the
 * last line, and what was skipped in a line `skipped: one; two`.
 */
export function countOutput(output) {
  const total = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(lastLine(output));
  const [, passed = 0, failed = 0, skipped = 0] = total ?? [];
  const names = /^skipped: (.+)$/m.exec(output)?.[1]?.split('; ') ?? [];
  return {
    passed: Number(passed),
    failed: Number(failed),
    skipped: Array.from({ length: Number(skipped) }, (_, index) => names[index] ?? 'not named'),
  };
}

function lastLine(output) {
  return output.trim().split('\n').at(-1) ?? '';
}
