// Builds the unit for this machine: firmware/build/host/signalbox-unit. Prints nothing on success,
// unless --verbose. Exit code 3: something to install is missing. make/parts.mjs decides by the
// stamp of the sources whether to build at all; run by hand, make decides what is up to date.
import { join } from 'node:path';
import { run } from './make/run.mjs';
import { PACKAGES, installLine, isPresent } from './setup/debian-packages.mjs';

const root = join(import.meta.dirname, '..');
const firmware = join(root, 'firmware');
const build = join(firmware, 'build/host');
const show = process.argv.includes('--verbose');

async function step(command, args) {
  const { code, output } = await run(command, args, { show });
  if (code === 0) return;
  if (!show) process.stderr.write(output);
  process.exit(1);
}

const needed = [
  ...[PACKAGES.compiler, PACKAGES.cmake, PACKAGES.make],
  ...[PACKAGES.nanopb, PACKAGES.bearssl],
];
const missing = needed.filter((one) => !isPresent(one)).map((one) => one.name);
if (missing.length > 0) {
  console.error(installLine('Building the firmware for this machine', missing));
  process.exit(3);
}
const settings = ['-DCMAKE_BUILD_TYPE=Release', '-DSIGNALBOX_TESTS=OFF'];
await step('cmake', ['-S', firmware, '-B', build, '-G', 'Unix Makefiles', ...settings]);
await step('cmake', ['--build', build, '-j2', '--target', 'signalbox-unit']);
