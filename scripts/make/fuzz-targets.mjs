import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath } from '../setup/command-path.mjs';
import { buildFirmware, FIRMWARE } from './firmware-programs.mjs';
import {
  writeProvisioningSeeds,
  writeSecureSeeds,
  writeSessionSeeds,
  writeUpdateSeeds,
} from './fuzz-seeds.mjs';
import { run } from './run.mjs';

const BUILD = join(FIRMWARE, 'build/fuzz');

/**
 * What is fuzzed, with what it begins with, and how many inputs it is given
 * where there is little time. An input on an encrypted link costs both sides'
 * handshake, some fifty times what one on a plain link does: so they are two.
 */
export const FUZZ_TARGETS = [
  { name: 'session', writeSeeds: writeSessionSeeds, fewRuns: 20_000 },
  { name: 'secure', writeSeeds: writeSecureSeeds, fewRuns: 1_000 },
  { name: 'provisioning', writeSeeds: writeProvisioningSeeds, fewRuns: 20_000 },
  { name: 'update', writeSeeds: writeUpdateSeeds, fewRuns: 20_000 },
];

/** Whether there is a compiler that can; undefined, or what to say where there is none. */
export async function whyNoFuzz() {
  const sentence = 'fuzz (needs clang and libclang-rt-14-dev)';
  if (commandPath('clang++') === undefined) return sentence;
  mkdirSync(BUILD, { recursive: true });
  const probe = join(BUILD, 'probe.cpp');
  writeFileSync(
    probe,
    'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n',
  );
  const { code } = await run('clang++', ['-fsanitize=fuzzer', probe, '-o', `${probe}.out`]);
  return code === 0 ? undefined : sentence;
}

/**
 * Gives a target so many inputs, under both sanitizers. What it found before
 * in this folder is among them.
 *
 * @returns {Promise<boolean>} false when it found something, which it has said then
 */
export async function fuzz({ name, writeSeeds }, runs) {
  const settings = [
    '-DSIGNALBOX_FUZZ=ON',
    '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
    '-DCMAKE_C_COMPILER=clang',
    '-DCMAKE_CXX_COMPILER=clang++',
  ];
  if (!(await buildFirmware({ folder: BUILD, targets: [`fuzz-${name}`], settings }))) return false;
  const corpus = join(BUILD, `corpus-${name}`);
  const seeds = join(BUILD, `seeds-${name}`);
  rmSync(seeds, { recursive: true, force: true });
  for (const folder of [corpus, seeds]) mkdirSync(folder, { recursive: true });
  writeSeeds(seeds);
  const { code, output } = await run(join(BUILD, `tests/fuzz-${name}`), [
    `-runs=${runs}`,
    '-max_len=2048',
    '-timeout=10',
    `-artifact_prefix=${BUILD}/`,
    corpus,
    seeds,
  ]);
  const done = /Done (\d+) runs in (\d+) second/.exec(output);
  if (code === 0 && done !== null) {
    console.log(`fuzz ${name}: ${done[1]} runs in ${done[2]} s, nothing found`);
    return true;
  }
  console.log(output.trimEnd());
  return false;
}
