import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../make/run.mjs';

/**
 * Runs projects of vitest.config.ts and counts what vitest itself reports.
 *
 * @param {{ root: string, name: string, projects: string[], timeoutMs: number, args?: readonly string[], env?: Record<string, string> }} options
 *   args: of Vitest, such as the folders to which it keeps
 * @returns {Promise<import('./tally.mjs').PartResult>}
 */
export async function vitestPart({ root, name, projects, timeoutMs, args = [], env = {} }) {
  const report = join(root, 'build/reports', `${name.replaceAll(' ', '-')}.json`);
  mkdirSync(join(root, 'build/reports'), { recursive: true });
  rmSync(report, { force: true });
  const { code, output, processorMs } = await run(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      ...args,
      // What one part has compiled, the next need not.
      '--experimental.fsModuleCache',
      '--experimental.fsModuleCachePath=build/vitest-cache',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { cwd: root, timeoutMs, env },
  );
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [], output, processorMs };
  const counts = countReport(JSON.parse(readFileSync(report, 'utf8')));
  // A run that fails outside of any test, for example by an unhandled error, has failed anyway.
  const failed = code !== 0 && counts.failed === 0 ? 1 : counts.failed;
  return { ...counts, failed, output, processorMs };
}

/** Counts a report of vitest's JSON reporter; a file that could not be loaded is one failure. */
export function countReport(report) {
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const file of report.testResults) {
    const failedBefore = counts.failed;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') counts.failed += 1;
      else counts.skipped.push(test.fullName.trim());
    }
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed += 1;
  }
  return counts;
}
