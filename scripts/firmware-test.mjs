// `npm run firmware:test`: the C++ tests with both sanitizers, then a short
// fuzz of each of the targets. --fuzz-runs N sets its length.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './make/run.mjs';
import { commandPath } from './setup/command-path.mjs';
import { PACKAGES, installLine, isPresent } from './setup/debian-packages.mjs';

const root = join(import.meta.dirname, '..');
const firmware = join(root, 'firmware');
const build = join(firmware, 'build/test');
const fuzzBuild = join(firmware, 'build/fuzz');

const JSON_LIBRARY = {
  name: 'nlohmann-json3-dev',
  files: ['/usr/include/nlohmann/json.hpp', '/usr/local/include/nlohmann/json.hpp'],
};

/** The targets, fuzz_*.cpp, and what they begin with. */
const FUZZED = {
  session: writeSessionSeeds,
  provisioning: writeProvisioningSeeds,
  update: copyUpdateSeeds,
};

const runsFlag = process.argv.indexOf('--fuzz-runs');
const fuzzRuns = runsFlag > 0 ? Number(process.argv[runsFlag + 1]) : 100_000;
const tally = { passed: 0, failed: 0, skipped: [] };

requireTools();
await unitTests();
await fuzz();
if (tally.skipped.length > 0) console.log(`skipped: ${tally.skipped.join('; ')}`);
const skipped = tally.skipped.length > 0 ? `, ${tally.skipped.length} skipped` : '';
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
process.exitCode = tally.failed === 0 ? 0 : 1;

function requireTools() {
  const needed = [
    PACKAGES.compiler,
    PACKAGES.cmake,
    PACKAGES.make,
    PACKAGES.nanopb,
    PACKAGES.bearssl,
    PACKAGES.doctest,
    JSON_LIBRARY,
  ];
  const missing = needed.filter((one) => !isPresent(one)).map((one) => one.name);
  if (missing.length === 0) return;
  console.error(installLine('Testing the firmware', missing));
  process.exit(3);
}

async function compile(folder, target, settings) {
  const configure = ['-S', firmware, '-B', folder, '-G', 'Unix Makefiles', ...settings];
  for (const args of [configure, ['--build', folder, '-j2', '--target', target]]) {
    const { code, output } = await run('cmake', args);
    if (code === 0) continue;
    console.log(output.trimEnd());
    console.log(`building ${target} failed`);
    tally.failed += 1;
    return false;
  }
  return true;
}

async function unitTests() {
  if (!(await compile(build, 'signalbox-tests', ['-DCMAKE_BUILD_TYPE=Debug']))) return;
  const { code, output } = await run(join(build, 'tests/signalbox-tests'), [], {
    cwd: build,
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

async function fuzz() {
  if (!(await hasLibFuzzer())) {
    tally.skipped.push('fuzz (needs clang and libclang-rt-14-dev)');
    return;
  }
  const settings = [
    '-DSIGNALBOX_FUZZ=ON',
    '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
    '-DCMAKE_C_COMPILER=clang',
    '-DCMAKE_CXX_COMPILER=clang++',
  ];
  for (const [subject, writeSeeds] of Object.entries(FUZZED)) {
    await fuzzOne(subject, writeSeeds, settings);
  }
}

async function fuzzOne(subject, writeSeeds, settings) {
  if (!(await compile(fuzzBuild, `fuzz-${subject}`, settings))) return;
  const corpus = join(fuzzBuild, `corpus-${subject}`);
  const seeds = join(fuzzBuild, `seeds-${subject}`);
  rmSync(seeds, { recursive: true, force: true });
  for (const folder of [corpus, seeds]) mkdirSync(folder, { recursive: true });
  writeSeeds(seeds);
  const { code, output } = await run(join(fuzzBuild, `tests/fuzz-${subject}`), [
    `-runs=${fuzzRuns}`,
    '-max_len=2048',
    '-timeout=10',
    '-max_total_time=120',
    `-artifact_prefix=${fuzzBuild}/`,
    corpus,
    seeds,
  ]);
  const done = /Done (\d+) runs in (\d+) second/.exec(output);
  if (code === 0 && done !== null) {
    tally.passed += 1;
    console.log(`fuzz ${subject}: ${done[1]} runs in ${done[2]} s, nothing found`);
  } else {
    tally.failed += 1;
    console.log(output.trimEnd());
  }
}

async function hasLibFuzzer() {
  if (commandPath('clang++') === undefined) return false;
  mkdirSync(fuzzBuild, { recursive: true });
  const probe = join(fuzzBuild, 'probe.cpp');
  writeFileSync(
    probe,
    'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n',
  );
  const { code } = await run('clang++', ['-fsanitize=fuzzer', probe, '-o', `${probe}.out`]);
  return code === 0;
}

/**
 * Seeds for each vector, after the two bytes that tell the target how to feed
 * it: the first modulo 16 is the way, and half of it and one the length of the chunks.
 */
function writeSessionSeeds(folder) {
  const vectors = (name) => readVectors(name).vectors;
  const silent = 0x80; // a plain link, 65 bytes at a time
  const greeted = 0x81; // after a hello
  const handshake = 0x82; // an encrypted link
  const forged = 0x83; // with keys that the input does not have
  const sealed = 0xf5; // in keys and after a hello, 123 bytes to a body
  vectors('messages.json').forEach(({ hex }, index) => {
    const body = Buffer.from(hex, 'hex');
    const header = Buffer.from([0xb5, 1, body.length >> 8, body.length & 0xff]);
    writeFileSync(
      join(folder, `message-${index}`),
      Buffer.concat([Buffer.from([greeted, 0]), header, body]),
    );
  });
  vectors('messages.json').forEach(({ hex }, index) => {
    const input = Buffer.concat([Buffer.from([sealed, 0]), Buffer.from(hex, 'hex')]);
    writeFileSync(join(folder, `sealed-${index}`), input);
  });
  const noise = readVectors('noise.json');
  const spoken = noise.links.flatMap(({ opening, frames }) => [
    [handshake, opening],
    ...frames.map(({ frame }) => [forged, frame]),
  ]);
  spoken.forEach(([way, hex], index) => {
    writeFileSync(
      join(folder, `secure-${index}`),
      Buffer.from(`${way.toString(16)}00${hex}`, 'hex'),
    );
  });
  vectors('frames.json').forEach(({ chunks }, index) => {
    writeFileSync(
      join(folder, `frame-${index}`),
      Buffer.from(`${silent.toString(16)}00${chunks.join('')}`, 'hex'),
    );
  });
}

/** Every packet, and the whole conversation, to a new unit and to one with a key. */
function writeProvisioningSeeds(folder) {
  const { packets, conversation } = readVectors('provisioning.json');
  const inputs = [...packets.map(({ hex }) => hex), conversation.map(({ says }) => says).join('')];
  for (const way of ['08', '0b', '14']) {
    inputs.forEach((hex, index) => {
      writeFileSync(join(folder, `${way}-${index}`), Buffer.from(`${way}${hex}`, 'hex'));
    });
  }
}

function readVectors(name) {
  return JSON.parse(readFileSync(join(root, 'protocol/vectors', name), 'utf8'));
}

/** Signed and unsigned manifests, and whole updates; what the bytes mean, fuzz_update.cpp says. */
function copyUpdateSeeds(folder) {
  cpSync(join(firmware, 'tests/corpus/update'), folder, { recursive: true });
}
