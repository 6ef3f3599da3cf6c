// `npm run bench`: builds, then measures the command round trip and what it
// costs against a floor of the same stages with nothing in them, the readings
// stored per second, the memory of idle bases, and what the encrypted link
// costs a unit.
//   --quick         two minutes, too few round trips for a 99th percentile
//   --only PART     round-trips, readings, bases, profile (where the time goes), hubs (one, two
//                   and three on PostgreSQL beside one on SQLite), mqtt (beside mosquitto, which
//                   must be installed) or history (of 20 million readings, on both engines; takes
//                   some gigabytes of disk and half an hour)
//   --data FOLDER   of the history: keeps its databases, and uses them again
//   --engine NAME   of the history: sqlite or postgres only
//   --in-flight N   round trips (or the profile) with so many at once only
//   --json          the report for programs
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
const only = process.argv[process.argv.indexOf('--only') + 1];
const built = [
  await buildPrograms(root, say, { mapPackages: only === 'profile' }),
  await buildFirmware(root, say),
];
if (built.includes('failed') || built.includes('unavailable')) process.exit(2);
say(`Measuring, about ${process.argv.includes('--quick') ? 'two' : 'ten'} minutes`);
const bench = spawn(
  process.execPath,
  ['--conditions=source', '--import', 'tsx', 'test/bench/run.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
bench.on('exit', (code) => {
  process.exitCode = code ?? 1;
  const isAll = !process.argv.includes('--json') && !process.argv.includes('--only');
  if (code === 0 && isAll) void printLinkCost();
});

async function printLinkCost() {
  const counted = await countLinkCost(root);
  if (counted === undefined) say('The cost of the encrypted link needs valgrind to be counted.');
  else console.log(formatLinkCost(counted));
}
