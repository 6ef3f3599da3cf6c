// `npm run browser`: builds, then tries the dashboard in a real browser.
// `--long` keeps its pages open for two minutes; what else follows goes to Vitest.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildClient, buildDashboard, buildFirmware, buildPrograms } from './make/parts.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
const say = (line) => console.error(line);

if (!ensureNodeModules(root, say)) process.exit(2);
const built = [
  await buildPrograms(root, say),
  await buildDashboard(root, say),
  await buildClient(root, say),
  await buildFirmware(root, say),
];
if (built.includes('failed')) process.exit(2);
const given = process.argv.slice(2);
const tests = spawn(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project=browser',
    ...given.filter((word) => word !== '--long'),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(given.includes('--long') ? { SIGNALBOX_LONG: '1' } : {}) },
  },
);
tests.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
