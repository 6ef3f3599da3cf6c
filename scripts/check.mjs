// `npm run check`: format, lint, types, architecture and unit tests, as many
// at a time as there are processors. Everything that can be cached is.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run, seconds } from './make/run.mjs';
import { requireNode } from './setup/node-version.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { CHECKS } from './suite/checks.mjs';
import { TOOL_MISSING } from './suite/command-part.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
if (!ensureNodeModules(root, (line) => console.log(line))) process.exit(2);

const startedAt = performance.now();
const waiting = [
  ...CHECKS,
  {
    name: 'tests',
    args: [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project=unit',
      '--project=structure',
      '--experimental.fsModuleCache',
      '--experimental.fsModuleCachePath=build/vitest-cache',
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
console.log(
  `${failures === 0 ? 'All checks passed' : `${failures} failed`} in ${seconds(performance.now() - startedAt)}`,
);
process.exitCode = failures === 0 ? 0 : 1;
