// What an encrypted link costs a unit, in instructions on this machine as
// callgrind counts them: the same figure at each run. In the chip's own
// instructions: npm run firmware:esp8266.
import { join } from 'node:path';
import { run } from './make/run.mjs';
import { isPresent, PACKAGES } from './setup/debian-packages.mjs';

/** The number and message size that tests/cost_program.cpp uses for each operation. */
const OPERATIONS = [
  ['handshake in full', 0, 0],
  ['handshake with a ticket', 1, 0],
  ['seal a frame of 64 bytes', 2, 64],
  ['open a frame of 64 bytes', 3, 64],
  ['seal a frame of 1,008 bytes', 2, 1008],
];

/**
 * @param {string} root of the repository
 * @returns {Promise<{ name: string, instructions: number }[] | undefined>} undefined where it cannot be counted
 */
export async function countLinkCost(root) {
  const needed = [PACKAGES.compiler, PACKAGES.cmake, PACKAGES.make, PACKAGES.nanopb];
  if (![...needed, PACKAGES.bearssl, PACKAGES.doctest, PACKAGES.json].every(isPresent)) {
    return undefined;
  }
  if (!isPresent(PACKAGES.valgrind)) return undefined;
  const firmware = join(root, 'firmware');
  const build = join(firmware, 'build/cost');
  const settings = ['-DCMAKE_BUILD_TYPE=Release', '-DSIGNALBOX_SANITIZE=OFF'];
  for (const args of [
    ['-S', firmware, '-B', build, '-G', 'Unix Makefiles', ...settings],
    ['--build', build, '-j2', '--target', 'link-cost'],
  ]) {
    const { code, output } = await run('cmake', args);
    if (code !== 0) throw new Error(output);
  }
  const program = join(build, 'tests/link-cost');
  const counted = [];
  for (const [name, ...operation] of OPERATIONS) {
    // Once more costs what once costs; what the program does besides cancels out.
    const [once, twice] = [
      await collected(program, [...operation, 1]),
      await collected(program, [...operation, 2]),
    ];
    counted.push({ name, instructions: twice - once });
  }
  return counted;
}

/** For a person at a terminal. */
export function formatLinkCost(counted) {
  const rows = counted.map(
    ({ name, instructions }) =>
      `  ${name.padEnd(32)}${instructions.toLocaleString('en').padStart(12)}`,
  );
  return `\nThe encrypted link at a unit, in instructions (callgrind)\n${rows.join('\n')}\n`;
}

async function collected(program, args) {
  const options = ['--tool=callgrind', '--callgrind-out-file=/dev/null'];
  const { code, output } = await run('valgrind', [...options, program, ...args.map(String)]);
  const count = /Collected : (\d+)/.exec(output)?.[1];
  if (code !== 0 || count === undefined) throw new Error(output);
  return Number(count);
}
