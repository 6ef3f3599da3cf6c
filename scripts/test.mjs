// `npm test`: sets up what it needs, then runs every check and test, continuing after failures. The
// last line is the total.
import { join } from 'node:path';
import { buildDashboard, buildFirmware, buildPrograms } from './make/parts.mjs';
import { run } from './make/run.mjs';
import { ensurePackages, installLine, PACKAGES } from './setup/debian-packages.mjs';
import { compileNativeParts, unpackNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';
import { seedOf } from './suite/chances.mjs';
import { CHECKS, LINT } from './suite/checks.mjs';
import { commandPart } from './suite/command-part.mjs';
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
  const checks = CHECKS.filter((check) => check !== LINT).map(checkPart);
  const compile = async () => {
    const { ok, output } = await compileNativeParts(root);
    return verdict(ok, output);
  };
  await tally.together([
    ...(modules === 'ready' ? [] : [{ name: 'compiling of the npm packages', part: compile }]),
    ...checks,
    buildPartOf('build of the programs', buildPrograms),
    buildPartOf('build of the dashboard', buildDashboard),
  ]);
  await tally.part('unit and structure tests', () =>
    vitestPart({
      root,
      name: 'unit',
      projects: ['unit', 'structure'],
      timeoutMs: 6 * MINUTE_MS,
    }),
  );
  const firmware = buildPartOf('build of the firmware', buildFirmware);
  await tally.part(firmware.name, firmware.part);
  await tally.together([
    command('firmware tests', 'scripts/firmware-test.mjs'),
    command('firmware for the ESP8266', 'scripts/firmware-esp8266.mjs'),
  ]);
  await tally.together([
    wholePrograms('end-to-end tests', 'e2e', 6 * MINUTE_MS),
    wholePrograms('browser test', 'browser', 5 * MINUTE_MS),
  ]);
  const attacks = wholePrograms('attacks', 'attacks', 4 * MINUTE_MS);
  await tally.part(attacks.name, attacks.part);
  // The one waits for timeouts, the other computes for as long.
  await tally.together([checkPart(LINT), wholePrograms('fault tests', 'faults', 10 * MINUTE_MS)]);
}

function checkPart({ name, args, mayLackTool = false }) {
  const part = async () => {
    if (mayLackTool) return commandPart({ root, args, timeoutMs: MINUTE_MS });
    const { code, output } = await run(process.execPath, args, { cwd: root });
    return verdict(code === 0, output);
  };
  return { name, part };
}

function command(name, script) {
  return { name, part: () => commandPart({ root, args: [script], timeoutMs: 5 * MINUTE_MS }) };
}

function wholePrograms(name, project, timeoutMs) {
  return { name, part: () => vitestPart({ root, name: project, projects: [project], timeoutMs }) };
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
