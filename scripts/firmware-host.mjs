// Builds the unit for this machine: firmware/build/host/signalbox-unit. Says
// nothing when it goes well, unless --verbose. Exit code 3: something to
// install is missing.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './make/run.mjs';
import { PACKAGES, installLine, isPresent } from './setup/debian-packages.mjs';

const root = join(import.meta.dirname, '..');
const firmware = join(root, 'firmware');
const build = join(firmware, 'build/host');
const program = join(build, 'signalbox-unit');
const show = process.argv.includes('--verbose');

const SOURCES = ['core', 'units', 'host', 'CMakeLists.txt'];

function newestMs(path) {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  const inside = readdirSync(path).map((name) => newestMs(join(path, name)));
  return Math.max(status.mtimeMs, ...inside);
}

function isFresh() {
  if (!existsSync(program)) return false;
  const builtMs = statSync(program).mtimeMs;
  return SOURCES.every((source) => newestMs(join(firmware, source)) <= builtMs);
}

async function step(command, args) {
  const { code, output } = await run(command, args, { show });
  if (code === 0) return;
  if (!show) process.stderr.write(output);
  process.exit(1);
}

if (!isFresh()) {
  const needed = [
    ...[PACKAGES.compiler, PACKAGES.cmake, PACKAGES.make],
    ...[PACKAGES.nanopb, PACKAGES.bearssl],
  ];
  const missing = needed.filter((one) => !isPresent(one)).map((one) => one.name);
  if (missing.length > 0) {
    console.error(installLine('Building the firmware for this machine', missing));
    process.exit(3);
  }
  await step('cmake', [
    '-S',
    firmware,
    '-B',
    build,
    '-G',
    'Unix Makefiles',
    '-DCMAKE_BUILD_TYPE=Release',
    '-DSIGNALBOX_TESTS=OFF',
  ]);
  await step('cmake', ['--build', build, '-j2', '--target', 'signalbox-unit']);
  // Nothing to link when only a comment changed: the next look must see it as fresh.
  await step('cmake', ['-E', 'touch', program]);
}
