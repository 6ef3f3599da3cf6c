// `npm start`: from a fresh clone to a running demo. Installs what is missing, builds what has
// changed, then runs `signalbox demo` with the given arguments. Uses only Node.js itself, since
// nothing else is installed yet.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildDashboard, buildFirmware, buildPrograms } from './make/parts.mjs';
import { ensurePackages, PACKAGES } from './setup/debian-packages.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
const say = (line) => console.log(line);

if (!ensureNodeModules(root, say)) process.exit(2);
const built = [await buildPrograms(root, say), await buildDashboard(root, say)];
if (built.includes('failed')) process.exit(2);
ensurePackages(
  [PACKAGES.compiler, PACKAGES.make, PACKAGES.cmake, PACKAGES.nanopb, PACKAGES.bearssl],
  say,
);
if (['failed', 'unavailable'].includes(await buildFirmware(root, say))) {
  say('Going on with TypeScript virtual units.');
}

const demo = spawn(
  process.execPath,
  ['--enable-source-maps', join(root, 'bin/signalbox.js'), 'demo', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
// A terminal sends Ctrl-C to the whole group; the demo ends itself in order, and this waits for it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => demo.kill('SIGTERM'));
process.on('SIGHUP', () => demo.kill('SIGHUP'));
demo.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 2;
});
demo.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
