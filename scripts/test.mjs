// `npm test`: sets up what it needs, then runs every check and test, continuing after failures. The
// last line is the total.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildClient, buildDashboard, buildFirmware, buildPrograms } from './make/parts.mjs';
import { run } from './make/run.mjs';
import { ensurePackages, installLine, PACKAGES } from './setup/debian-packages.mjs';
import { compileNativeParts, unpackNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';
import { seedOf } from './suite/chances.mjs';
import { CHECKS } from './suite/checks.mjs';
import { commandPart } from './suite/command-part.mjs';
import { runQueues } from './suite/part-queues.mjs';
import { postgresPart } from './suite/postgres-part.mjs';
import { Tally } from './suite/tally.mjs';
import { vitestPart } from './suite/vitest-part.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
const say = (line) => console.log(line);
const MINUTE_MS = 60_000;

const seed = await seedOf(root);
process.env.SIGNALBOX_SEED = String(seed);
say(`Chances of this run: SIGNALBOX_SEED=${seed}`);

const tally = new Tally(say);
const modules = unpackNodeModules(root, say);
if (modules !== 'failed') {
  installTools();
  await runParts(modules);
} else {
  await tally.part('npm packages', () => ({ passed: 0, failed: 1, skipped: [], output: '' }));
}
tally.close();
process.exitCode = tally.failed === 0 ? 0 : 1;

function installTools() {
  const missing = ensurePackages(Object.values(PACKAGES), say);
  if (missing.length > 0) say(installLine('Running every test', missing));
}

/** @param {'ready' | 'unpacked'} modules */
async function runParts(modules) {
  if (modules !== 'ready') {
    await tally.part('compiling of the npm packages', async () => {
      const { ok, output } = await compileNativeParts(root);
      return verdict(ok, output);
    });
  }
  const [programs, dashboard, client, firmware] = [
    buildPartOf('build of the programs', buildPrograms),
    buildPartOf('build of the dashboard', buildDashboard),
    buildPartOf('build of the client', buildClient),
    buildPartOf('build of the firmware', buildFirmware),
  ];
  const chip = command('firmware for the ESP8266', 'scripts/firmware-esp8266.mjs');
  const after = [programs, dashboard, client, firmware, chip].map(({ name }) => name);
  // Tests wait more than they compute, and some measure: compilers and linters have what is left.
  await runQueues(tally, [
    {
      width: 1,
      steps: [
        vitest('unit and structure tests', ['unit', 'structure'], 20),
        {
          name: 'hub on PostgreSQL',
          part: () => postgresPart({ root, timeoutMs: 12 * MINUTE_MS }),
        },
        [
          { ...vitest('end-to-end tests', ['e2e'], 15), after },
          { ...vitest('browser test', ['browser'], 12), after },
        ],
        vitest('attacks', ['attacks'], 10),
        vitest('fault tests', ['faults'], 15),
      ],
    },
    {
      width: Math.max(1, Math.min(availableParallelism() - 1, 3)),
      steps: [
        ...[programs, dashboard, client, firmware, chip],
        // What ends last has both processors for itself: that shall be what uses them.
        ...CHECKS.map(checkPart),
        command('firmware tests', 'scripts/firmware-test.mjs'),
      ],
    },
  ]);
}

function checkPart({ name, args, mayLackTool = false }) {
  const part = async () => {
    if (mayLackTool) return commandPart({ root, args, timeoutMs: 5 * MINUTE_MS });
    const options = { cwd: root, isBackground: true };
    const { code, output, processorMs } = await run(process.execPath, args, options);
    return { ...verdict(code === 0, output), processorMs };
  };
  return { name, part };
}

function command(name, script) {
  const timeoutMs = 20 * MINUTE_MS;
  return {
    name,
    part: () => commandPart({ root, args: [script], timeoutMs, isBackground: true }),
  };
}

function vitest(name, projects, minutes) {
  const timeoutMs = minutes * MINUTE_MS;
  return { name, part: () => vitestPart({ root, name: projects[0], projects, timeoutMs }) };
}

function buildPartOf(name, build) {
  const part = async () => {
    const lines = [];
    const outcome = await build(root, (line) => lines.push(line));
    const output = lines.join('\n');
    if (outcome !== 'unavailable') return verdict(outcome !== 'failed', output);
    return { passed: 0, failed: 0, skipped: [lines.at(-1) ?? ''], output };
  };
  return { name, part };
}

function verdict(good, output) {
  return { passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: [], output };
}
