// `npm run bench`: builds, then measures the command round trip against a floor
// of the same hops with nothing in them, the readings stored per second, and
// what the encrypted link costs a unit. --json prints the report for programs,
// without the last.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { countLinkCost, formatLinkCost } from './firmware-cost.mjs';
import { buildFirmware, buildPrograms } from './make/parts.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
// The report alone goes to standard output.
const say = (line) => console.error(line);

if (!ensureNodeModules(root, say)) process.exit(2);
const built = [await buildPrograms(root, say), await buildFirmware(root, say)];
if (built.includes('failed') || built.includes('unavailable')) process.exit(2);
say('Measuring, about five minutes');
const bench = spawn(
  process.execPath,
  ['--conditions=source', '--import', 'tsx', 'test/bench/run.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
bench.on('exit', (code) => {
  process.exitCode = code ?? 1;
  if (code === 0 && !process.argv.includes('--json')) void tellLinkCost();
});

async function tellLinkCost() {
  const counted = await countLinkCost(root);
  if (counted === undefined) say('The cost of the encrypted link needs valgrind to be counted.');
  else console.log(formatLinkCost(counted));
}
