// `npm run faults`: builds, then cuts, kills and starves the real processes, and
// compares what hub, base and units have afterwards. --long, --scale S, --only NAME, --seed N, --list.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildFirmware, buildPrograms } from './make/parts.mjs';
import { ensurePackages, PACKAGES } from './setup/debian-packages.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
const say = (line) => console.error(line);

if (!ensureNodeModules(root, say)) process.exit(2);
ensurePackages([PACKAGES.faketime], say);
const built = [await buildPrograms(root, say), await buildFirmware(root, say)];
if (built.includes('failed') || built.includes('unavailable')) process.exit(2);
const isNetwork = process.argv.includes('--network');
const script = isNetwork ? 'test/faults/network/run.ts' : 'test/faults/run.ts';
const faults = spawn(
  process.execPath,
  ['--conditions=source', '--import', 'tsx', script, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
// It cleans up after itself; a terminal's Ctrl-C reaches it directly.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => faults.kill(signal));
faults.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
