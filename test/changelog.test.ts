import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY } from './architecture/source.ts';

const FOLDER = join(REPOSITORY, 'changelog/unreleased');

it('the changelog is made of items, one to a line', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));
  expect(files.length).toBeGreaterThan(0);
  const wrong = files.flatMap((name) =>
    readFileSync(join(FOLDER, name), 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => !/^(- | {2})\S/.test(line))
      .map((line) => `${name}: ${line.slice(0, 60)}`),
  );
  expect(wrong).toEqual([]);
});
