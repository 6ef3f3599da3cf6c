import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FIRMWARE } from './firmware-programs.mjs';
import { run } from './run.mjs';

const SCRIPT = join(import.meta.dirname, 'cpp-format.mjs');
const format = (...args) => run(process.execPath, [SCRIPT, ...args]);
const isMissing = (await format(FIRMWARE)).code === 3;

describe.skipIf(isMissing)('the format of the C++ sources (needs clang-format 14)', () => {
  let folder;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'signalbox-format-'));
    cpSync(join(FIRMWARE, '.clang-format'), join(folder, '.clang-format'));
    writeFileSync(join(folder, 'right.h'), 'int right();\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is good where every file is as it should be, and nothing is generated', async () => {
    mkdirSync(join(folder, 'generated'));
    writeFileSync(join(folder, 'generated/any.h'), 'int   any( );\n');
    expect((await format(folder)).code).toBe(0);
  });

  it('names the file that is not, and mends it when asked', async () => {
    const file = join(folder, 'wrong.cpp');
    writeFileSync(file, 'int   wrong( );\n');
    const { code, output } = await format(folder);
    expect(code).toBe(1);
    expect(output).toContain('wrong.cpp');
    expect(output).not.toContain('right.h');
    expect((await format(folder, '--write')).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('int wrong();\n');
  });
});
