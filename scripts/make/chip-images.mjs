// Our share of a board's flash and RAM: each image of platformio.ini linked without the Arduino
// core, whose functions stay undefined. Its shell is compiled against stub headers.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkImage, MAX_RAM_BYTES } from './chip-budget.mjs';
import { run } from './run.mjs';

/** Each image of platformio.ini, and its build flags. */
const IMAGES = [
  ['lamp', ['UNIT_LAMP']],
  ['lamp of ten WS2812', ['UNIT_LAMP', 'LAMP_WS2812', 'WS2812_LIGHTS=10']],
  ['light sensor', ['UNIT_LIGHT_SENSOR']],
  ['thermometer with DHT22', ['UNIT_THERMOMETER', 'SENSOR_DHT22']],
  ['thermometer with DS18B20', ['UNIT_THERMOMETER', 'SENSOR_DS18B20']],
  ['thermometer with BME280', ['UNIT_THERMOMETER', 'SENSOR_BME280']],
  ['relay', ['UNIT_RELAY', 'RELAY_MAX_ON_MS=60000']],
  ['button', ['UNIT_BUTTON']],
];

/** Frames of loop() and its own, as lx106/stack_budget.h has them. */
const SHELL_STACK = /kShellBytes = (\d+)/;

const SECTIONS = ['flash', 'iram', 'data', 'rodata', 'bss'];

/**
 * Prints a line for each image and what is wrong with any.
 * @param {{ firmware: string, build: string, compile: string[], link: string[],
 *   objects: string[], shell: string[] }} given the compiler's flags with the stubs, the
 *   linker's, the objects of the core, and the sources of the shell
 * @returns {Promise<{ passed: number, failures: string[] }>}
 */
export async function measureImages(given) {
  const failures = [];
  let passed = 0;
  const shared = await compileShell(given, failures);
  if (shared === undefined) return { passed, failures };
  console.log('Of a board, ours without the Arduino core, in bytes');
  console.log(row('', ['flash', 'code in RAM', '.data', '.rodata', '.bss', 'static RAM', 'left']));
  for (const [index, [name, flags]] of IMAGES.entries()) {
    const file = await linkImage(given, shared, index, flags, failures);
    if (file === undefined) continue;
    const sizes = await sizesOf(file);
    const { ram, left, failures: found } = checkImage(name, sizes);
    console.log(row(name, [...SECTIONS.map((section) => sizes[section]), ram, left]));
    failures.push(...found);
    passed += 2 - found.length;
  }
  console.log(`static RAM may be ${MAX_RAM_BYTES.toLocaleString('en')} bytes\n`);
  failures.push(...(await whatLeavesRam(given.build)));
  failures.push(...loopFrames(given));
  return { passed: passed + 2, failures };
}

function row(name, cells) {
  return name.padEnd(28) + cells.map((cell) => String(cell).padStart(12)).join('');
}

/** All but main.cpp and the lights, which depend on the unit. */
async function compileShell(given, failures) {
  const sources = given.shell.filter((path) => !isOfUnit(path));
  const out = (source) => join(given.build, 'objects', `shell_${basename(source, '.cpp')}.o`);
  const results = await Promise.all(
    sources.map((source) => compile(given, source, out(source), [])),
  );
  failures.push(...results.filter((text) => text !== ''));
  return results.every((text) => text === '') ? sources.map(out) : undefined;
}

function isOfUnit(path) {
  return ['main.cpp', 'ws2812_lamp.cpp'].includes(basename(path));
}

/** Empty, or the compiler's output. */
async function compile(given, source, out, flags) {
  const arguments_ = [...given.compile, '-fstack-usage', ...flags, '-c', source, '-o', out];
  const { code, output } = await run('xtensa-lx106-elf-g++', arguments_);
  return code === 0 ? '' : output.trimEnd();
}

async function linkImage(given, shared, index, flags, failures) {
  const defines = flags.map((flag) => `-DSIGNALBOX_${flag}`);
  const own = given.shell.filter(isOfUnit);
  const out = (source) =>
    join(given.build, 'objects', `image${index}_${basename(source, '.cpp')}.o`);
  const texts = await Promise.all(
    own.map((source) => compile(given, source, out(source), defines)),
  );
  const file = join(given.build, `image${index}.elf`);
  const linked = texts.every((text) => text === '')
    ? await run('xtensa-lx106-elf-gcc', [
        ...given.link,
        '-nostdlib',
        '-Wl,--gc-sections,--unresolved-symbols=ignore-all,--no-warn-rwx-segments',
        `-T${join(given.firmware, 'lx106/image.ld')}`,
        ...own.map(out),
        ...shared,
        ...given.objects,
        '-o',
        file,
      ])
    : { code: 1, output: texts.join('\n') };
  if (linked.code === 0) return file;
  failures.push(linked.output.trimEnd());
  return undefined;
}

async function sizesOf(file) {
  const { output } = await run('xtensa-lx106-elf-size', ['-A', file]);
  return Object.fromEntries(
    SECTIONS.map((section) => {
      const found = new RegExp(`^\\.${section}\\s+(\\d+)`, 'm').exec(output);
      return [section, Number(found?.[1] ?? 0)];
    }),
  );
}

/** Code in RAM, because the flash is slow, must not call code in flash. */
async function whatLeavesRam(build) {
  const wrong = [];
  for (const name of ['shell_one_wire_pin', 'image1_ws2812_lamp']) {
    const { output } = await run('xtensa-lx106-elf-objdump', [
      '-d',
      '-j.iram.text.stub',
      join(build, 'objects', `${name}.o`),
    ]);
    const instructions = output.match(/^\s+[0-9a-f]+:/gm)?.length ?? 0;
    if (instructions < 10) wrong.push(`${name}: its exact code is not in RAM`);
    if (/\bcallx?0\b/.test(output)) wrong.push(`${name}: code in RAM calls what is not`);
  }
  return wrong;
}

/** Whether the frames above the unit are within what the stack tests assume. */
function loopFrames({ firmware, build }) {
  const most = Number(
    SHELL_STACK.exec(readFileSync(join(firmware, 'lx106/stack_budget.h'), 'utf8'))?.[1] ?? 0,
  );
  const frames = IMAGES.map((_, index) =>
    readFileSync(join(build, 'objects', `image${index}_main.su`), 'utf8')
      .split('\n')
      .filter((line) => !/void setup\(\)|BoardUnit::BoardUnit/.test(line))
      .reduce((sum, line) => sum + Number(line.split('\t')[1] ?? 0), 0),
  );
  const deepest = Math.max(...frames);
  return deepest > 0 && deepest <= most
    ? []
    : [`frames of main.cpp take ${deepest} bytes of stack, and ${most} are assumed`];
}
