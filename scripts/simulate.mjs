// `npm run simulate`: what hubs and a database carry, from costs that were measured.
//   --bases 100,10000 --hubs 1,3,10   how many there are
//   --units N --readings N --commands N   of each base; of each unit a minute; of each base an hour
//   --hub-processors N --hub-memory GIB --database-processors N --database-connections N
//   --measure   measures the costs anew (four minutes on an idle machine), test/bench/simulate/measured.json
//   --check     predicts a run that was not fitted, and measures it (two minutes); fails beyond 25 %
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildFirmware, buildPrograms } from './make/parts.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
const say = (line) => console.error(line);

if (!ensureNodeModules(root, say)) process.exit(2);
if (process.argv.includes('--measure') || process.argv.includes('--check')) {
  const built = [await buildPrograms(root, say), await buildFirmware(root, say)];
  if (built.includes('failed') || built.includes('unavailable')) process.exit(2);
}
const simulate = spawn(
  process.execPath,
  [
    ...['--conditions=source', '--import', 'tsx', 'test/bench/simulate/run.ts'],
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
simulate.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
