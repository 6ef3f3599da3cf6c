import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { refuseMemory } from '../disk.ts';
import { check, failuresOf, formatChecked } from './check.ts';
import { measureAll } from './measure.ts';
import { Measured } from './measured.ts';

const MEASURED = join(import.meta.dirname, 'measured.json');
const CHECKED = join(import.meta.dirname, 'checked.json');

const { values: options } = parseArgs({
  options: {
    measure: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});

async function withCleanup<T>(work: (cleanup: CleanupStack) => Promise<T>): Promise<T> {
  const cleanup = new CleanupStack();
  try {
    return await work(cleanup);
  } finally {
    await cleanup.run();
  }
}

function write(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

function measured(): Measured {
  if (!existsSync(MEASURED)) throw new Error(`${MEASURED} is missing: run with --measure first`);
  return Measured.parse(JSON.parse(readFileSync(MEASURED, 'utf8')));
}

if (options.measure) {
  refuseMemory();
  write(MEASURED, await measureAll(withCleanup));
} else if (options.check) {
  refuseMemory();
  const checked = await withCleanup((cleanup) => check(measured(), cleanup));
  write(CHECKED, checked);
  process.stdout.write(`${formatChecked(checked)}\n`);
  if (failuresOf(checked).length > 0) process.exitCode = 1;
}
