// `npm run firmware:esp8266`: the portable core as machine code of the chip.
// Compiles it with the flags of the ESP8266 Arduino core, runs the codec, the
// handshake and sessions of all units under QEMU, with the stack that they leave, and
// measures what of each board's image is ours, its shell compiled against stub headers.
// What a whole board image needs, only PlatformIO knows.
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fetchSource, SOURCES } from './debian-source.mjs';
import { writeVectorHeader } from './firmware-vectors.mjs';
import { checkInstructions } from './make/chip-budget.mjs';
import { measureImages } from './make/chip-images.mjs';
import { run } from './make/run.mjs';
import { commandPath } from './setup/command-path.mjs';
import { PACKAGES, installLine, isPresent } from './setup/debian-packages.mjs';

const root = join(import.meta.dirname, '..');
const firmware = join(root, 'firmware');
const build = join(firmware, 'build/lx106');
const tally = { passed: 0, failed: 0 };

const SPECS = '-specs=/usr/lib/xtensa-lx106-elf/picolibc.specs';
// As in the Arduino core's platform.txt.
const CHIP_FLAGS = [
  '-Os',
  '-mlongcalls',
  '-mtext-section-literals',
  '-falign-functions=4',
  '-ffunction-sections',
  '-fdata-sections',
  // As platformio.ini: nanopb's own texts stay out.
  '-DPB_NO_ERRMSG',
];
const CPP_FLAGS = ['-std=gnu++17', '-fno-rtti', '-fno-exceptions', '-fno-threadsafe-statics'];
/** As the Arduino core builds its own, later on the command line than CHIP_FLAGS. */
const BEARSSL_FLAGS = [
  ...['-O2', '-DBR_SLOW_MUL15=1'],
  ...['-DBR_USE_URANDOM=0', '-DBR_USE_UNIX_TIME=0', '-DBR_LOMUL=1'],
];
const WARNINGS = ['-Wall', '-Wextra', '-Wshadow', '-Werror'];

/** The parts of BearSSL that the firmware uses; the linker drops the rest. */
const BEARSSL = [
  ...['symcipher/chacha20_ct.c', 'symcipher/poly1305_ctmul32.c'],
  ...['mac/hmac.c', 'hash/sha2small.c', 'hash/dig_size.c'],
  ...['codec/ccopy.c', 'codec/dec32le.c', 'codec/enc32le.c', 'codec/dec32be.c'],
  ...['codec/enc32be.c'],
];

/** What lx106/cost_program.cpp measures: its name there, for people, and how often it does it. */
const LINK_OPERATIONS = [
  ['handshake', 'handshake in full', 1],
  ['resumption', 'handshake with a ticket', 1_000],
  ['seal-64', 'seal a frame of 64 bytes', 10_000],
  ['open-64', 'open a frame of 64 bytes', 10_000],
  ['seal-1008', 'seal a frame of 1,008 bytes', 1_000],
  ['signature', "check a firmware's signature", 1],
];

/** Likewise of lx106/turn_program.cpp: the longest turn of each. */
const TURNS = [
  ...['lamp', 'light', 'thermometer', 'relay', 'button'].map((unit) => [
    `turn-${unit}`,
    `${unit}, flooded, and with a base that reads nothing`,
    1,
  ]),
  ['turn-signature', "lamp, while a firmware's signature is checked", 1],
  ['turn-step', 'start and longest step of such a check', 1],
  ['turn-update', 'lamp, during an update', 1],
];

const { nanopb, bearssl } = await prepare();
const includes = [
  ...[`-I${firmware}`, `-I${build}`, `-isystem${nanopb}`],
  ...[`-isystem${join(build, 'include')}`, `-isystem${bearssl}/inc`],
];
const objects = await compileAll();
if (objects !== undefined) {
  await runUnderQemu(objects, 'test_program');
  await runUnderQemu(objects, 'update_program');
  await measureBoards(objects);
  await weigh(
    objects,
    'cost_program',
    'The encrypted link, in instructions of the chip',
    LINK_OPERATIONS,
  );
  await weigh(objects, 'turn_program', 'The longest turn of the loop, in instructions', TURNS);
  // The end-to-end tests run it (test/harness/chip-unit.ts).
  if ((await link(objects, 'unit_program')) !== undefined) tally.passed += 1;
}
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 ? 0 : 1;

async function prepare() {
  const needed = [PACKAGES.chipCompiler, PACKAGES.chipLibrary, PACKAGES.chipEmulator];
  const missing = needed.filter((one) => !isPresent(one)).map((one) => one.name);
  if (missing.length > 0) stop(installLine('Checking the firmware for the ESP8266', missing));
  mkdirSync(build, { recursive: true });
  writeVectorHeader(root, join(build, 'vectors.h'));
  const canFetch = commandPath('apt-get') !== undefined && commandPath('apt-cache') !== undefined;
  const sources = {};
  for (const source of Object.values(SOURCES)) {
    const found = canFetch ? await fetchSource(source, join(build, source.name)) : undefined;
    if (found === undefined) {
      stop(
        `Checking the firmware for the ESP8266 needs the source package ${source.name} from Debian: apt-get update`,
      );
    }
    sources[source.name] = found;
  }
  // Its headers are named as on a PC and in the Arduino core: bearssl/...
  mkdirSync(join(build, 'include'), { recursive: true });
  const headers = join(build, 'include/bearssl');
  if (!existsSync(headers)) symlinkSync(join(sources.bearssl, 'inc'), headers);
  return sources;
}

function stop(line) {
  console.error(line);
  process.exit(3);
}

function sources(folder, ending = '.cpp') {
  const path = join(firmware, folder);
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(path, name));
}

/** Compiles everything, two at a time; undefined when something does not compile. */
async function compileAll() {
  const ours = ['core', 'units', 'units/board', 'units/drivers'].flatMap((folder) =>
    sources(folder),
  );
  const generated = join(firmware, 'core/generated/unit_link.pb.c');
  const foreign = [
    ...['pb_common.c', 'pb_encode.c', 'pb_decode.c'].map((name) => join(nanopb, name)),
    ...BEARSSL.map((name) => join(bearssl, 'src', name)),
  ];
  const simulator = [...sources('lx106'), ...sources('lx106', '.S')];
  const waiting = [...ours, generated, ...foreign, ...simulator];
  const folder = join(build, 'objects');
  mkdirSync(folder, { recursive: true });
  const objectOf = (source) => join(folder, `${basename(source).replace(/\.[^.]+$/, '')}.o`);
  let good = true;
  const worker = async () => {
    for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
      const isCpp = source.endsWith('.cpp');
      const result = await run(isCpp ? 'xtensa-lx106-elf-g++' : 'xtensa-lx106-elf-gcc', [
        ...(isCpp ? [...CPP_FLAGS, ...WARNINGS] : []),
        SPECS,
        ...CHIP_FLAGS,
        ...includes,
        // BearSSL's own headers, and on a chip without /dev/urandom or a clock.
        ...(source.startsWith(bearssl) ? [`-I${bearssl}/src`, ...BEARSSL_FLAGS] : []),
        '-c',
        source,
        '-o',
        objectOf(source),
      ]);
      if (result.code === 0) continue;
      console.log(result.output.trimEnd());
      tally.failed += 1;
      good = false;
    }
  };
  await Promise.all([worker(), worker()]);
  return good ? [...ours, generated, ...foreign].map(objectOf) : undefined;
}

/** Links the core with one program; the sections it does not use are left out. */
async function link(objects, program) {
  const file = join(build, `${program}.elf`);
  const own = ['start', 'program', 'rom_routines', program].map((name) =>
    join(build, 'objects', `${name}.o`),
  );
  const result = await run('xtensa-lx106-elf-gcc', [
    SPECS,
    ...CHIP_FLAGS,
    '-nostartfiles',
    `-T${join(firmware, 'lx106/sim.ld')}`,
    `-Wl,-Map=${join(build, `${program}.map`)}`,
    ...own,
    ...objects,
    '-o',
    file,
  ]);
  if (result.code === 0) return file;
  console.log(result.output.trimEnd());
  tally.failed += 1;
  return undefined;
}

async function runUnderQemu(objects, program) {
  const file = await link(objects, program);
  if (file === undefined) return;
  const { output } = await qemu(file);
  console.log(`lx106 under QEMU: ${output.trim()}`);
  const counts = /checks: (\d+) passed, (\d+) failed/.exec(output);
  tally.passed += Number(counts?.[1] ?? 0);
  tally.failed += Number(counts?.[2] ?? 1);
}

async function qemu(file, more = []) {
  const machine = ['-M', 'sim', '-cpu', 'lx106', '-semihosting', '-nographic', '-monitor', 'none'];
  return run('qemu-system-xtensa', [...machine, ...more, '-kernel', file], { timeoutMs: 60_000 });
}

async function measureBoards(objects) {
  const { passed, failures } = await measureImages({
    firmware,
    build,
    objects,
    shell: sources('esp8266'),
    compile: [
      ...CPP_FLAGS,
      ...WARNINGS,
      SPECS,
      ...CHIP_FLAGS,
      ...includes,
      `-isystem${join(firmware, 'esp8266/stubs')}`,
      `-DSIGNALBOX_UPDATE_KEY="BA${'A'.repeat(85)}="`,
    ],
    link: [SPECS, ...CHIP_FLAGS],
  });
  tally.passed += passed;
  tally.failed += failures.length;
  for (const failure of failures) console.log(failure);
}

/** The cost of a program's operations, in the chip's own instructions: the same at each run. */
async function weigh(objects, program, heading, operations) {
  const file = await link(objects, program);
  if (file === undefined) return;
  // One instruction is a nanosecond of the machine's time, and its clock follows that.
  const { code, output } = await qemu(file, ['-icount', 'shift=0,sleep=off']);
  const ticks = Object.fromEntries(
    [...output.matchAll(/^(\S+) (\d+)$/gm)].map(([, name, count]) => [name, Number(count)]),
  );
  const perTick = 10_000_000 / ticks.spin;
  console.log(heading);
  for (const [name, title, times] of operations) {
    const instructions = Math.round((ticks[name] * perTick) / times);
    console.log(`${title.padEnd(56)}${instructions.toLocaleString('en').padStart(12)}`);
    const failures = checkInstructions(name, instructions);
    for (const failure of failures) console.log(failure);
    if (failures.length === 0) tally.passed += 1;
    else tally.failed += 1;
  }
  console.log('');
  if (code === 0) tally.passed += 1;
  else tally.failed += 1;
}
