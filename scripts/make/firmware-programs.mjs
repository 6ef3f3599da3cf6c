import { join } from 'node:path';
import { PACKAGES, installLine, isPresent } from '../setup/debian-packages.mjs';
import { run } from './run.mjs';

export const ROOT = join(import.meta.dirname, '../..');
export const FIRMWARE = join(ROOT, 'firmware');

/**
 * For programs that are built to run once: reports need line numbers, a debugger would
 * need more.
 */
export const QUICK_DEBUG = [
  '-DCMAKE_BUILD_TYPE=Debug',
  '-DCMAKE_C_FLAGS_DEBUG=-g1',
  '-DCMAKE_CXX_FLAGS_DEBUG=-g1',
];

/** Build settings of the firmware's tests, for whatever tool runs them. */
const TEST_TOOLS = [
  ...[PACKAGES.compiler, PACKAGES.cmake, PACKAGES.make],
  ...[PACKAGES.nanopb, PACKAGES.bearssl, PACKAGES.doctest, PACKAGES.json],
];

/**
 * Ends the program with exit code 3 and one line that says what to install, if
 * something is missing.
 */
export function requireTestTools(purpose, ...more) {
  const missing = [...TEST_TOOLS, ...more].filter((one) => !isPresent(one)).map(({ name }) => name);
  if (missing.length === 0) return;
  console.error(installLine(purpose, missing));
  process.exit(3);
}

/**
 * Builds targets of firmware/CMakeLists.txt in a separate folder, two files at a time.
 *
 * @param {{ folder: string, targets: string[], settings: string[] }} plan
 * @returns {Promise<boolean>} false when it did not compile, after printing the errors
 */
export async function buildFirmware({ folder, targets, settings }) {
  const configure = ['-S', FIRMWARE, '-B', folder, '-G', 'Unix Makefiles', ...settings];
  for (const args of [configure, ['--build', folder, '-j2', '--target', ...targets]]) {
    const { code, output } = await run('cmake', args);
    if (code === 0) continue;
    console.log(output.trimEnd());
    console.log(`building ${targets.join(' ')} failed`);
    return false;
  }
  return true;
}
