// `npm run firmware:test`: the C++ tests with both sanitizers, and a short fuzz
// of each of the targets. --fuzz-runs N sets its length.
import { join } from 'node:path';
import {
  buildFirmware,
  FIRMWARE,
  QUICK_DEBUG,
  requireTestTools,
} from './make/firmware-programs.mjs';
import { buildFuzz, fuzz, FUZZ_BUILD, FUZZ_TARGETS, whyNoFuzz } from './make/fuzz-targets.mjs';
import { run } from './make/run.mjs';

const TESTS = 'signalbox-tests';

const runsFlag = process.argv.indexOf('--fuzz-runs');
const fuzzRuns = runsFlag > 0 ? Number(process.argv[runsFlag + 1]) : undefined;
const tally = { passed: 0, failed: 0, skipped: [] };

requireTestTools('Testing the firmware');
const missing = await whyNoFuzz();
await (missing === undefined ? testAndFuzz() : testOnly());
if (missing !== undefined) tally.skipped.push(missing);
if (tally.skipped.length > 0) console.log(`skipped: ${tally.skipped.join('; ')}`);
const skipped = tally.skipped.length > 0 ? `, ${tally.skipped.length} skipped` : '';
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
process.exitCode = tally.failed === 0 ? 0 : 1;

/** Compiles the firmware once for all, and lets two programs run at a time. */
async function testAndFuzz() {
  if (!(await buildFuzz(FUZZ_TARGETS, [TESTS]))) {
    tally.failed += 1;
    return;
  }
  const waiting = [
    () => unitTests(FUZZ_BUILD),
    ...FUZZ_TARGETS.map((target) => () => shortFuzz(target)),
  ];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
  };
  await Promise.all([worker(), worker()]);
}

async function testOnly() {
  const folder = join(FIRMWARE, 'build/test');
  if (await buildFirmware({ folder, targets: [TESTS], settings: QUICK_DEBUG })) {
    await unitTests(folder);
  } else {
    tally.failed += 1;
  }
}

async function unitTests(folder) {
  const { code, output } = await run(join(folder, 'tests', TESTS), [], { cwd: folder });
  console.log(output.trimEnd());
  const counts = /test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed/.exec(output);
  tally.passed += Number(counts?.[1] ?? 0);
  tally.failed += Number(counts?.[2] ?? 0);
  // Without its closing line, or with all passed and yet a code, the runner itself died.
  if (counts === null || (code !== 0 && counts[2] === '0')) {
    console.log(`the test program ended with code ${code}`);
    tally.failed += 1;
  }
}

async function shortFuzz(target) {
  if (await fuzz(target, fuzzRuns ?? target.fewRuns)) tally.passed += 1;
  else tally.failed += 1;
}
