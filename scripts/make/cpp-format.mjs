// Whether the C++ sources are as clang-format has them by firmware/.clang-format; not what
// is generated. Exit code 3: not the version that they are formatted with, for another one
// has its own mind on some lines. --write formats them; a folder may be named.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FIRMWARE, ROOT } from './firmware-programs.mjs';
import { run } from './run.mjs';

/** Debian 12's. */
const MAJOR_VERSION = 14;
const NOT_OURS = ['build', 'generated', '.pio'];
const WRITE_FLAG = '--write';

const [folder = FIRMWARE] = process.argv.slice(2).filter((one) => one !== WRITE_FLAG);
process.exitCode = await format(process.argv.includes(WRITE_FLAG));

async function format(writes) {
  const command = await rightCommand();
  if (command === undefined) {
    console.error(`The format of the C++ sources: needs clang-format ${MAJOR_VERSION}`);
    return 3;
  }
  const files = sourcesIn(folder);
  const how = writes ? ['-i'] : ['--dry-run', '-Werror'];
  const { code, output } = await run(command, ['--style=file', ...how, ...files]);
  if (code === 0) return 0;
  const wrong = files.filter((file) => output.includes(`${file}:`));
  for (const file of wrong) console.log(`not as clang-format has it: ${relative(ROOT, file)}`);
  if (wrong.length === 0) console.log(output.trimEnd());
  else console.log('node scripts/make/cpp-format.mjs --write formats them');
  return 1;
}

/** The command of that version, whatever it is called here. */
async function rightCommand() {
  for (const command of [`clang-format-${MAJOR_VERSION}`, 'clang-format']) {
    const { code, output } = await run(command, ['--version']);
    if (code === 0 && output.includes(`version ${MAJOR_VERSION}.`)) return command;
  }
  return undefined;
}

function sourcesIn(from) {
  return readdirSync(from, { withFileTypes: true }).flatMap((entry) => {
    const path = join(from, entry.name);
    if (entry.isDirectory()) return NOT_OURS.includes(entry.name) ? [] : sourcesIn(path);
    return /\.(cpp|h)$/.test(entry.name) ? [path] : [];
  });
}
