// `npm run firmware:fuzz -- --runs 1000000 [--target NAME]`: the fuzzing of `npm run
// firmware:test`, for any number of runs.
import { requireTestTools } from './make/firmware-programs.mjs';
import { buildFuzz, fuzz, FUZZ_TARGETS, whyNoFuzz } from './make/fuzz-targets.mjs';

const flag = (name) => {
  const at = process.argv.indexOf(name);
  return at > 0 ? process.argv[at + 1] : undefined;
};

requireTestTools('Fuzzing the firmware');
const missing = await whyNoFuzz();
if (missing !== undefined) {
  console.error(missing);
  process.exit(3);
}
const runs = Number(flag('--runs') ?? 1_000_000);
const wanted = flag('--target');
const targets = FUZZ_TARGETS.filter(({ name }) => wanted === undefined || name === wanted);
if (targets.length === 0 || !Number.isSafeInteger(runs) || runs < 1) {
  console.error(
    `usage: npm run firmware:fuzz -- [--runs N] [--target ${FUZZ_TARGETS.map(({ name }) => name).join('|')}]`,
  );
  process.exit(64);
}
if (!(await buildFuzz(targets))) process.exit(1);
let failed = 0;
for (const target of targets) if (!(await fuzz(target, runs))) failed += 1;
console.log(`${targets.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
