// `npm run firmware:test`: the C++ tests with both sanitizers, signatures compared with OpenSSL,
// and a short fuzz of each target. --fuzz-runs N and --signatures N set how many.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildFirmware,
  FIRMWARE,
  QUICK_DEBUG,
  requireTestTools,
} from './make/firmware-programs.mjs';
import { buildFuzz, fuzz, FUZZ_BUILD, FUZZ_TARGETS, whyNoFuzz } from './make/fuzz-targets.mjs';
import { run } from './make/run.mjs';
import { signatureCases } from './make/signature-cases.mjs';

/** The core with all that is portable, and the shell of a board as it begins. */
const TESTS = ['signalbox-tests', 'shell-tests'];
const SIGNATURES = 'signature-check';

const fuzzRuns = numberAfter('--fuzz-runs');
const signatures = numberAfter('--signatures') ?? 640;
const tally = { passed: 0, failed: 0, skipped: [] };

requireTestTools('Testing the firmware');
const missing = await whyNoFuzz();
await (missing === undefined ? testAndFuzz() : testOnly());
if (missing !== undefined) tally.skipped.push(missing);
if (tally.skipped.length > 0) console.log(`skipped: ${tally.skipped.join('; ')}`);
const skipped = tally.skipped.length > 0 ? `, ${tally.skipped.length} skipped` : '';
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
process.exitCode = tally.failed === 0 ? 0 : 1;

function numberAfter(flag) {
  const at = process.argv.indexOf(flag);
  return at > 0 ? Number(process.argv[at + 1]) : undefined;
}

/** Compiles the firmware once for all, and lets two programs run at a time. */
async function testAndFuzz() {
  if (!(await buildFuzz(FUZZ_TARGETS, [...TESTS, SIGNATURES]))) {
    tally.failed += 1;
    return;
  }
  const waiting = [
    ...TESTS.map((tests) => () => unitTests(FUZZ_BUILD, tests)),
    () => compareSignatures(FUZZ_BUILD),
    ...FUZZ_TARGETS.map((target) => () => shortFuzz(target)),
  ];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
  };
  await Promise.all([worker(), worker()]);
}

async function testOnly() {
  const folder = join(FIRMWARE, 'build/test');
  if (await buildFirmware({ folder, targets: [...TESTS, SIGNATURES], settings: QUICK_DEBUG })) {
    for (const tests of TESTS) await unitTests(folder, tests);
    await compareSignatures(folder);
  } else {
    tally.failed += 1;
  }
}

async function unitTests(folder, tests) {
  const { code, output } = await run(join(folder, 'tests', tests), [], { cwd: folder });
  console.log(output.trimEnd());
  const counts = /test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed/.exec(output);
  tally.passed += Number(counts?.[1] ?? 0);
  tally.failed += Number(counts?.[2] ?? 0);
  // Without its closing line, or with all passed and yet a code, the runner itself died.
  if (counts === null || (code !== 0 && counts[2] === '0')) {
    console.log(`${tests} ended with code ${code}`);
    tally.failed += 1;
  }
}

async function compareSignatures(folder) {
  const cases = signatureCases(signatures);
  const file = join(folder, 'signatures.txt');
  writeFileSync(file, cases.map(({ line }) => `${line}\n`).join(''));
  const { output } = await run(join(folder, 'tests', SIGNATURES), [file]);
  const verdicts = output.trim().split('\n');
  const differing = cases.filter(({ isGood }, at) => verdicts[at] !== (isGood ? '1' : '0'));
  for (const { change, line } of differing.slice(0, 5)) {
    console.log(`signature (${change}) not judged as by OpenSSL: ${line}`);
  }
  if (differing.length === 0) {
    console.log(`${cases.length} signatures, each judged as by OpenSSL`);
    tally.passed += 1;
  } else {
    tally.failed += 1;
  }
}

async function shortFuzz(target) {
  if (await fuzz(target, fuzzRuns ?? target.fewRuns)) tally.passed += 1;
  else tally.failed += 1;
}
