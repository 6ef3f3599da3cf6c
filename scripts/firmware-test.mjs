// `npm run firmware:test`: the C++ tests with both sanitizers, then a short
// fuzz of each of the targets. --fuzz-runs N sets its length.
import { join } from 'node:path';
import { buildFirmware, FIRMWARE, requireTestTools } from './make/firmware-programs.mjs';
import { fuzz, FUZZ_TARGETS, whyNoFuzz } from './make/fuzz-targets.mjs';
import { run } from './make/run.mjs';

const BUILD = join(FIRMWARE, 'build/test');

const runsFlag = process.argv.indexOf('--fuzz-runs');
const fuzzRuns = runsFlag > 0 ? Number(process.argv[runsFlag + 1]) : undefined;
const tally = { passed: 0, failed: 0, skipped: [] };

requireTestTools('Testing the firmware');
await unitTests();
await shortFuzz();
if (tally.skipped.length > 0) console.log(`skipped: ${tally.skipped.join('; ')}`);
const skipped = tally.skipped.length > 0 ? `, ${tally.skipped.length} skipped` : '';
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
process.exitCode = tally.failed === 0 ? 0 : 1;

async function unitTests() {
  const settings = ['-DCMAKE_BUILD_TYPE=Debug'];
  if (!(await buildFirmware({ folder: BUILD, targets: ['signalbox-tests'], settings }))) {
    tally.failed += 1;
    return;
  }
  const { code, output } = await run(join(BUILD, 'tests/signalbox-tests'), [], {
    cwd: BUILD,
    show: true,
  });
  const counts = /test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed/.exec(output);
  tally.passed += Number(counts?.[1] ?? 0);
  tally.failed += Number(counts?.[2] ?? 0);
  // Without its closing line, or with all passed and yet a code, the runner itself died.
  if (counts === null || (code !== 0 && counts[2] === '0')) {
    console.log(`the test program ended with code ${code}`);
    tally.failed += 1;
  }
}

async function shortFuzz() {
  const missing = await whyNoFuzz();
  if (missing !== undefined) {
    tally.skipped.push(missing);
    return;
  }
  for (const target of FUZZ_TARGETS) {
    if (await fuzz(target, fuzzRuns ?? target.fewRuns)) tally.passed += 1;
    else tally.failed += 1;
  }
}
