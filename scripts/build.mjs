// Builds everything that runs: the programs, the dashboard and the client into dist/, and the C++
// units if there is a compiler. Rebuilds only what has changed.
import { join } from 'node:path';
import { buildClient, buildDashboard, buildFirmware, buildPrograms } from './make/parts.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
const say = (line) => console.log(line);

if (!ensureNodeModules(root, say)) process.exit(2);
const outcomes = [
  await buildPrograms(root, say),
  await buildDashboard(root, say),
  await buildClient(root, say),
  await buildFirmware(root, say),
];
if (outcomes.every((outcome) => outcome === 'fresh')) say('Nothing has changed.');
process.exitCode = outcomes.includes('failed') ? 1 : 0;
