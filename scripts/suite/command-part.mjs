import { run } from '../make/run.mjs';

/** Exit code of our own scripts when a tool they need is not there. */
const TOOL_MISSING = 3;

/**
 * Runs one command of Node.js. What it says about its tests is counted;
 * where it says nothing, it counts as one by its exit code.
 *
 * @param {{ root: string, args: string[], timeoutMs: number }} options
 * @returns {Promise<import('./tally.mjs').PartResult>}
 */
export async function commandPart({ root, args, timeoutMs }) {
  const { code, output } = await run(process.execPath, args, { cwd: root, timeoutMs });
  if (code === TOOL_MISSING) {
    return { passed: 0, failed: 0, skipped: [lastLine(output)], output };
  }
  const counts = countDoctest(output);
  if (code !== 0) return { ...counts, failed: Math.max(1, counts.failed), skipped: [], output };
  const said = counts.passed + counts.failed > 0;
  return { ...(said ? counts : { passed: 1, failed: 0 }), skipped: [], output };
}

/** Adds up the closing lines of all doctest programs in an output. */
export function countDoctest(output) {
  const counts = { passed: 0, failed: 0 };
  const lines = output.matchAll(
    /\[doctest\] test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed/g,
  );
  for (const [, passed, failed] of lines) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  return counts;
}

function lastLine(output) {
  return output.trim().split('\n').at(-1) ?? '';
}
