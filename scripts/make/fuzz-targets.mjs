import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath } from '../setup/command-path.mjs';
import { buildFirmware, FIRMWARE, QUICK_DEBUG } from './firmware-programs.mjs';
import { writeProvisioningSeeds, writeSecureSeeds, writeSessionSeeds } from './fuzz-seeds.mjs';
import { run } from './run.mjs';

/** Where the targets are built. */
export const FUZZ_BUILD = join(FIRMWARE, 'build/fuzz');

/**
 * The fuzz targets, their number of inputs for a short run, and their seeds besides
 * firmware/tests/corpus: the vectors in the target's form. An input on an encrypted
 * link needs both sides' handshake, several times the cost of one on an unencrypted
 * link: so there are two.
 */
export const FUZZ_TARGETS = [
  { name: 'session', writeSeeds: writeSessionSeeds, fewRuns: 20_000 },
  { name: 'secure', writeSeeds: writeSecureSeeds, fewRuns: 5_000 },
  { name: 'provisioning', writeSeeds: writeProvisioningSeeds, fewRuns: 20_000 },
  { name: 'update', fewRuns: 20_000 },
];

/** Whether there is a suitable compiler; undefined, or the message if there is none. */
export async function whyNoFuzz() {
  const sentence = 'fuzz (needs clang and libclang-rt-14-dev)';
  if (commandPath('clang++') === undefined) return sentence;
  mkdirSync(FUZZ_BUILD, { recursive: true });
  const probe = join(FUZZ_BUILD, 'probe.cpp');
  writeFileSync(
    probe,
    'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n',
  );
  const { code } = await run('clang++', ['-fsanitize=fuzzer', probe, '-o', `${probe}.out`]);
  return code === 0 ? undefined : sentence;
}

/**
 * Builds the targets, and others from the same objects.
 *
 * @returns {Promise<boolean>} false when they did not compile, after printing the
 * errors
 */
export function buildFuzz(targets, others = []) {
  const settings = [
    '-DSIGNALBOX_FUZZ=ON',
    ...QUICK_DEBUG,
    '-DCMAKE_C_COMPILER=clang',
    '-DCMAKE_CXX_COMPILER=clang++',
  ];
  const names = [...targets.map(({ name }) => `fuzz-${name}`), ...others];
  return buildFirmware({ folder: FUZZ_BUILD, targets: names, settings });
}

/**
 * Runs a built target with so many inputs, under both sanitizers. Earlier findings in
 * this folder are included.
 *
 * @returns {Promise<boolean>} false when it found something, after printing it
 */
export async function fuzz({ name, writeSeeds }, runs) {
  const corpus = join(FUZZ_BUILD, `corpus-${name}`);
  const seeds = join(FUZZ_BUILD, `seeds-${name}`);
  rmSync(seeds, { recursive: true, force: true });
  mkdirSync(corpus, { recursive: true });
  cpSync(join(FIRMWARE, 'tests/corpus', name), seeds, { recursive: true });
  writeSeeds?.(seeds);
  const { code, output } = await run(join(FUZZ_BUILD, `tests/fuzz-${name}`), [
    `-runs=${runs}`,
    // Zero: any.
    `-seed=${process.env.SIGNALBOX_SEED ?? 0}`,
    '-max_len=2048',
    '-timeout=10',
    `-artifact_prefix=${FUZZ_BUILD}/`,
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
