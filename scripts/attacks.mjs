// `npm run attacks`: builds, then attacks the running programs from outside.
// `--long` goes through every case of the generators; what else follows goes to Vitest.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildFirmware, buildPrograms } from './make/parts.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
const say = (line) => console.error(line);

if (!ensureNodeModules(root, say)) process.exit(2);
const built = [await buildPrograms(root, say), await buildFirmware(root, say)];
if (built.includes('failed')) process.exit(2);
const given = process.argv.slice(2);
const attacks = spawn(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project=attacks',
    ...given.filter((word) => word !== '--long'),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(given.includes('--long') ? { SIGNALBOX_LONG: '1' } : {}) },
  },
);
attacks.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
