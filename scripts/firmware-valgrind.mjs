// `npm run firmware:valgrind`: the tests of the firmware, and each unit of
// this machine in a conversation, under Valgrind's memcheck. Any error and any
// block that is not given back fails it.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFirmware, FIRMWARE, requireTestTools, ROOT } from './make/firmware-programs.mjs';
import { run } from './make/run.mjs';
import { PACKAGES } from './setup/debian-packages.mjs';

const BUILD = join(FIRMWARE, 'build/valgrind');
const UNITS = ['light_sensor', 'thermometer', 'lamp', 'relay', 'button'];
const MEMCHECK = [
  '--error-exitcode=99',
  '--leak-check=full',
  '--show-leak-kinds=all',
  '--errors-for-leak-kinds=all',
  '--quiet',
];
/** Valgrind has an operator new of its own, which the counter cannot see. */
const NOT_UNDER_VALGRIND = '--test-case-exclude=the counter sees allocations';
const TIMEOUT_MS = 600_000;
const tally = { passed: 0, failed: 0 };

requireTestTools('Checking the firmware with Valgrind', PACKAGES.valgrind);
const settings = ['-DCMAKE_BUILD_TYPE=Debug', '-DSIGNALBOX_SANITIZE=OFF'];
const targets = ['signalbox-tests', 'signalbox-unit'];
if (await buildFirmware({ folder: BUILD, targets, settings })) {
  await checkTests();
  for (const unit of UNITS) await checkUnit(unit);
} else {
  tally.failed += 1;
}
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 ? 0 : 1;

function note(good, what, output) {
  if (good) {
    tally.passed += 1;
    console.log(`${what}: no error, no leak`);
  } else {
    tally.failed += 1;
    console.log(`${what}:\n${output.trimEnd()}`);
  }
}

async function checkTests() {
  const { code, output } = await run(
    'valgrind',
    [...MEMCHECK, join(BUILD, 'tests/signalbox-tests'), NOT_UNDER_VALGRIND],
    {
      cwd: BUILD,
      timeoutMs: TIMEOUT_MS,
    },
  );
  note(code === 0 && /\| *0 failed/.test(output), 'the tests', output);
}

async function checkUnit(unit) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-valgrind-'));
  const keyFile = join(folder, 'unit.key');
  writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const args = ['--unit', unit, '--id', 'v', '--port', '0', '--key-file', keyFile];
  const child = spawn('valgrind', [...MEMCHECK, join(BUILD, 'signalbox-unit'), ...args]);
  let output = '';
  const ended = new Promise((resolve) => child.on('close', resolve));
  const port = await new Promise((resolve) => {
    const collect = (chunk) => {
      output += chunk;
      const [, found] = /^listening \S+:(\d+)/m.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    void ended.then(() => resolve(undefined));
  });
  const talk = [join(ROOT, 'test/valgrind/talk-to-unit.ts'), String(port), keyFile];
  const node = ['--conditions=source', '--import', 'tsx'];
  const talked = await run(process.execPath, [...node, ...talk], {
    cwd: ROOT,
    timeoutMs: TIMEOUT_MS,
  });
  child.kill('SIGTERM');
  const code = await ended;
  rmSync(folder, { recursive: true, force: true });
  note(code === 0 && talked.code === 0, `a conversation with the ${unit}`, talked.output + output);
}
