import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY } from './architecture/source.ts';

const text = readFileSync(join(REPOSITORY, 'ARCHITECTURE.md'), 'utf8');
const PROGRAM_FOLDERS: Readonly<Record<string, string>> = { hub: 'hub', base: 'base-unit' };

/** The places of the table of stages: `| 6 | `base_routed` | base: commands/command-router | ...`. */
function stagePaths(): string[] {
  return [...text.matchAll(/^\| \d+ \| `\w+` \| (hub|base): ([^|]+) \|/gm)].flatMap(
    ([, program = '', places = '']) =>
      places.split(',').map((place) => `${PROGRAM_FOLDERS[program] ?? ''}/${place.trim()}`),
  );
}

/** The rooms that the trees draw, each at the beginning of its line. */
function roomPaths(): string[] {
  return [...text.matchAll(/^((?:hub|base-unit)\/[a-z/-]*[a-z-]\/)(?= |<)/gm)].map(
    ([, room = '']) => room,
  );
}

it('names only files and folders that are there', () => {
  const paths = [...stagePaths(), ...roomPaths()];
  expect(paths.length).toBeGreaterThan(20);
  const isThere = (path: string) =>
    ['', '.ts'].some((ending) => existsSync(join(REPOSITORY, path + ending)));
  expect(paths.filter((path) => !isThere(path))).toEqual([]);
});
