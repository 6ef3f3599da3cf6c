// `npm run prove`: what takes longer than `npm test` may: the long forms of the
// fault scenarios, attacks and browser tests, fifty times the random runs of the
// properties and models, a million inputs for each fuzz target, the firmware under
// Valgrind, and the bench. Hours. Each part writes its outcome, with date and commit,
// to docs/proved.md, and what it printed to build/proved/.
//   --only PART   one of faults, networks, attacks, browser, postgres, properties, fuzz,
//                 valgrind, bench
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, seconds } from './make/run.mjs';
import { requireNode } from './setup/node-version.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { writeProof } from './suite/proved.mjs';

const HOUR_MS = 3_600_000;
const VITEST = 'node_modules/vitest/vitest.mjs';
const PARTS = [
  { name: 'faults', args: ['scripts/faults.mjs', '--long'] },
  { name: 'networks', args: ['scripts/faults.mjs', '--network'] },
  { name: 'attacks', args: ['scripts/attacks.mjs', '--long'] },
  { name: 'browser', args: ['scripts/browser.mjs', '--long'] },
  {
    name: 'postgres',
    args: [VITEST, 'run', '--project=unit', 'hub/', '--testTimeout=60000'],
    env: { SIGNALBOX_TEST_ENGINE: 'postgres' },
  },
  {
    name: 'properties',
    args: [VITEST, 'run', '--project=unit', 'protocol', 'hub', 'base-unit', '--testTimeout=600000'],
    env: { SIGNALBOX_PROPERTY_RUNS: '50' },
  },
  { name: 'fuzz', args: ['scripts/firmware-fuzz.mjs', '--runs', '1000000'] },
  { name: 'valgrind', args: ['scripts/firmware-valgrind.mjs'] },
  { name: 'bench', args: ['scripts/bench.mjs'] },
];

requireNode();
const root = join(import.meta.dirname, '..');
const at = process.argv.indexOf('--only');
const wanted = PARTS.filter(({ name }) => at === -1 || name === process.argv[at + 1]);
if (wanted.length === 0) {
  console.error(`--only takes one of ${PARTS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
if (!ensureNodeModules(root, (line) => console.error(line))) process.exit(2);

const commit = await currentCommit();
mkdirSync(join(root, 'build/proved'), { recursive: true });
for (const { name, args, env } of wanted) {
  console.log(`▸ ${name}`);
  const { code, output, ms } = await run(process.execPath, args, {
    cwd: root,
    timeoutMs: 3 * HOUR_MS,
    ...(env ? { env } : {}),
  });
  writeFileSync(join(root, 'build/proved', `${name}.txt`), output);
  const result = code === 0 ? `ok: ${lastCount(output)}` : `failed (exit ${code})`;
  console.log(`  ${result} (${seconds(ms)})`);
  writeProof(join(root, 'docs/proved.md'), {
    name,
    date: new Date().toISOString().slice(0, 10),
    commit,
    seconds: Math.round(ms / 1_000),
    result,
  });
  if (code !== 0) process.exitCode = 1;
}

/** With a word where the files are not those of the commit. */
async function currentCommit() {
  const head = await run('git', ['rev-parse', '--short=10', 'HEAD'], { cwd: root });
  const changed = await run('git', ['status', '--porcelain', '--untracked-files=no'], {
    cwd: root,
  });
  return `${head.output.trim()}${changed.output.trim() === '' ? '' : ' (changed)'}`;
}

/** What Vitest or a script of ours says last about its number of tests; else its last line. */
function lastCount(output) {
  const lines = output.trim().split('\n');
  const counted = lines.findLast((line) => /^\s*Tests\s|\d+ passed|\d+ per second/.test(line));
  return (counted ?? lines.at(-1) ?? '').trim().replaceAll(/\s+/g, ' ');
}
