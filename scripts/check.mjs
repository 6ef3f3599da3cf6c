// `npm run check`: format, lint, types, architecture and unit tests, as many
// at a time as there are processors. Everything that can be cached is: of the unit
// tests, those run of which something has changed since they passed.
//   --all   runs every unit test
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run, seconds } from './make/run.mjs';
import { requireNode } from './setup/node-version.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { CHECKS } from './suite/checks.mjs';
import { TOOL_MISSING } from './suite/command-part.mjs';
import { UnchangedTests } from './suite/unchanged-tests.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
if (!ensureNodeModules(root, (line) => console.log(line))) process.exit(2);

/** Of the project `unit` (vitest.config.ts). */
const UNIT_FOLDERS = [
  ...['protocol', 'platform', 'client', 'hub', 'base-unit', 'dashboard', 'firmware/virtual', 'cli'],
];
const REPORT = join(root, 'build/reports/check.json');

const startedAt = performance.now();
const tests = new UnchangedTests({ root, folders: UNIT_FOLDERS, file: 'build/passed-tests.json' });
const { stamps, unchanged } = tests.changed();
const isAll = process.argv.includes('--all');
const wanted = isAll || unchanged === 0 ? [] : ['test/', 'scripts/', ...stamps.keys()];
rmSync(REPORT, { force: true });
const waiting = [
  ...CHECKS,
  {
    name: 'tests',
    args: [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...wanted,
      '--project=unit',
      '--project=structure',
      '--experimental.fsModuleCache',
      '--experimental.fsModuleCachePath=build/vitest-cache',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${REPORT}`,
    ],
    // `npm test` does the rest of the random runs.
    env: { SIGNALBOX_PROPERTY_RUNS: '0.25' },
  },
];
let failures = 0;

async function worker() {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const { code, output, ms } = await run(process.execPath, step.args, {
      cwd: root,
      env: step.env,
    });
    const isSkipped = step.mayLackTool === true && code === TOOL_MISSING;
    const state = code === 0 ? 'ok' : isSkipped ? 'skip' : 'FAILED';
    console.log(`${state.padEnd(6)} ${step.name.padEnd(10)} ${seconds(ms)}`);
    if (code === 0) continue;
    if (!isSkipped) failures += 1;
    console.log(output.trimEnd());
  }
}

await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
tests.keep(passedTests());
if (wanted.length > 0) console.log(`${unchanged} test files as they were when they passed`);
console.log(
  `${failures === 0 ? 'All checks passed' : `${failures} failed`} in ${seconds(performance.now() - startedAt)}`,
);
process.exitCode = failures === 0 ? 0 : 1;

/** With the stamps that they had when the run began. */
function passedTests() {
  if (!existsSync(REPORT)) return [];
  const { testResults } = JSON.parse(readFileSync(REPORT, 'utf8'));
  return testResults.flatMap(({ name, status }) => {
    const path = relative(root, name);
    return status === 'passed' && stamps.has(path) ? [[path, stamps.get(path)]] : [];
  });
}
