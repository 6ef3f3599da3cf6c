// `npm run firmware:coverage`: the share of lines of the portable firmware (core, units, board
// services, drivers) that its tests run, as counted by gcov. Fails below 95 %. Lists each file that
// is not fully covered.
import { readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildFirmware, FIRMWARE, requireTestTools } from './make/firmware-programs.mjs';
import { run } from './make/run.mjs';
import { PACKAGES } from './setup/debian-packages.mjs';

const BUILD = join(FIRMWARE, 'build/coverage');
const LEAST_PERCENT = 95;
const PORTABLE = ['core/', 'units/'];
const GENERATED = 'core/generated/';

requireTestTools('Measuring the coverage of the firmware', PACKAGES.coverage);
process.exitCode = (await measure()) ? 0 : 1;

async function measure() {
  const settings = [
    '-DCMAKE_BUILD_TYPE=Debug',
    '-DSIGNALBOX_SANITIZE=OFF',
    '-DCMAKE_CXX_COMPILER=g++',
    '-DCMAKE_CXX_FLAGS=--coverage',
    '-DCMAKE_EXE_LINKER_FLAGS=--coverage',
  ];
  if (!(await buildFirmware({ folder: BUILD, targets: ['signalbox-tests'], settings }))) {
    return false;
  }
  for (const file of countersIn(BUILD)) rmSync(file);
  const tests = await run(join(BUILD, 'tests/signalbox-tests'), [], { cwd: BUILD });
  if (tests.code !== 0) {
    console.log(tests.output.trimEnd());
    return false;
  }
  const files = await countLines();
  const [run_, all] = report(files);
  const percent = (100 * run_) / all;
  console.log(`${run_} of ${all} lines: ${percent.toFixed(2)} % (at least ${LEAST_PERCENT} %)`);
  const good = all > 0 && percent >= LEAST_PERCENT;
  console.log(good ? '1 passed, 0 failed' : '0 passed, 1 failed');
  return good;
}

function countersIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.gcda'))
    .map((name) => join(folder, name));
}

/** For each portable file, which of its lines there are and which were run: in any of the programs' parts. */
async function countLines() {
  const files = new Map();
  for (const counter of countersIn(BUILD)) {
    const { code, output } = await run('gcov', ['--json-format', '--stdout', counter]);
    if (code !== 0) throw new Error(output);
    // Warnings of gcov are on separate lines.
    const json = output.split('\n').filter((line) => line.startsWith('{'));
    for (const document of json) addCounts(files, JSON.parse(document));
  }
  return files;
}

function addCounts(files, { files: counted, current_working_directory: folder }) {
  for (const { file, lines } of counted) {
    const name = relative(FIRMWARE, join(file.startsWith('/') ? '' : folder, file));
    if (!PORTABLE.some((start) => name.startsWith(start)) || name.startsWith(GENERATED)) continue;
    const known = files.get(name) ?? new Map();
    for (const { line_number: line, count } of lines) {
      known.set(line, (known.get(line) ?? 0) + count);
    }
    files.set(name, known);
  }
}

function report(files) {
  let [allRun, all] = [0, 0];
  for (const [name, lines] of [...files].sort(([a], [b]) => a.localeCompare(b))) {
    const missed = [...lines].filter(([, count]) => count === 0).map(([line]) => line);
    all += lines.size;
    allRun += lines.size - missed.length;
    if (missed.length === 0) continue;
    const percent = (100 * (lines.size - missed.length)) / lines.size;
    const where = missed.sort((a, b) => a - b).join(' ');
    console.log(`${name.padEnd(36)}${percent.toFixed(1).padStart(6)} %  not run: ${where}`);
  }
  return [allRun, all];
}
