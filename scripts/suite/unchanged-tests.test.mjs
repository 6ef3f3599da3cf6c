import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { UnchangedTests } from './unchanged-tests.mjs';

/** Two tests: one reaches clock.ts through app.ts and by a subpath import, the other only itself. */
function sources() {
  const root = mkdtempSync(join(tmpdir(), 'signalbox-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('package-lock.json', '{}');
  write('hub/app.test.ts', "import { app } from './app.ts';\n");
  write('hub/app.ts', "const { x } = await import('#platform/clock.ts');\n");
  write('hub/alone.test.ts', "import { it } from 'vitest';\n");
  write('platform/clock.ts', 'export const x = 1;\n');
  const look = () => new UnchangedTests({ root, folders: ['hub'], file: 'build/passed.json' });
  const changed = () => [...look().changed().stamps.keys()].toSorted();
  const pass = () => {
    const tests = look();
    tests.keep(tests.changed().stamps);
  };
  return { write, look, changed, pass };
}

it('are all those that passed, while nothing changes', () => {
  const { changed, pass, look } = sources();
  expect(changed()).toEqual(['hub/alone.test.ts', 'hub/app.test.ts']);
  pass();
  expect(changed()).toEqual([]);
  expect(look().changed().unchanged).toBe(2);
});

it('are not those that reach a changed file, however far, nor one that changed itself', () => {
  const { changed, pass, write } = sources();
  pass();
  write('platform/clock.ts', 'export const x = 2;\n');
  expect(changed()).toEqual(['hub/app.test.ts']);
  pass();
  write('hub/alone.test.ts', "import { expect } from 'vitest';\n");
  expect(changed()).toEqual(['hub/alone.test.ts']);
});

it('are none when the packages change', () => {
  const { changed, pass, write } = sources();
  pass();
  write('package-lock.json', '{ "a": 1 }');
  expect(changed()).toHaveLength(2);
});

it('are not those that did not pass, nor those that read files by themselves', () => {
  const { changed, look, write } = sources();
  write('hub/reads.test.ts', "readFileSync(new URL('../protocol/x.json', import.meta.url));\n");
  const tests = look();
  tests.keep([...tests.changed().stamps].filter(([path]) => path !== 'hub/app.test.ts'));
  expect(changed()).toEqual(['hub/app.test.ts', 'hub/reads.test.ts']);
});
