import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY } from './architecture/source.ts';

const text = readFileSync(join(REPOSITORY, 'ARCHITECTURE.md'), 'utf8');
/** The files of the table of stages: `| 6 | `base_routed` | `base-unit/commands/command-router.ts` | ...`. */
function stageFiles(): string[] {
  return [...text.matchAll(/^\| \d+ \| `\w+` \| `([^`]+)` \|/gm)].map(([, file = '']) => file);
}

/** The files and folders that the walks name. */
function walkPaths(): string[] {
  const contributing = readFileSync(join(REPOSITORY, 'CONTRIBUTING.md'), 'utf8');
  const walks = /^## Five walks\n([^]*?)^## /m.exec(contributing)?.[1] ?? '';
  return walks
    .split('\n')
    .flatMap((walk) => [...walk.matchAll(/`([\w./-]+(?:\/|\.(?:ts|cpp)))`/g)])
    .map(([, path = '']) => path);
}

/** The rooms that the trees draw, each at the beginning of its line. */
function roomPaths(): string[] {
  return [...text.matchAll(/^((?:hub|base-unit)\/[a-z/-]*[a-z-]\/)(?= |<)/gm)].map(
    ([, room = '']) => room,
  );
}

it('names only files and folders that are there', () => {
  const paths = [...roomPaths(), ...walkPaths()];
  expect(paths.length).toBeGreaterThan(30);
  expect(paths.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
});

it('names one file to open first for each stage of the command path', () => {
  const files = stageFiles();
  expect(files).toHaveLength(15);
  expect(files.filter((file) => !statSync(join(REPOSITORY, file)).isFile())).toEqual([]);
});
