import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, it } from 'vitest';
import { HUB_NOUNS, ROOMS } from './architecture/rooms.ts';
import { REPOSITORY } from './architecture/source.ts';

const text = readFileSync(join(REPOSITORY, 'ARCHITECTURE.md'), 'utf8');
const DOCUMENTS = ['ARCHITECTURE.md', 'CONTRIBUTING.md'];

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

/** The lines of the two trees: what begins a line, and what follows beside it. */
function roomPaths(): string[] {
  const lines = text.matchAll(/^((?:hub|base-unit)\/\S+)((?: [a-z-]+(?:\/|\.ts))*)/gm);
  return [...lines].flatMap(([, first = '', others = '']) => {
    if (first.includes('<')) return HUB_NOUNS.map((noun) => `hub/domain/${noun}/`);
    const folder = posix.dirname(first);
    const beside = others.split(' ').filter((name) => name !== '');
    return [first, ...beside.map((name) => besideOf(first, folder, name))];
  });
}

/** `base-unit/hub-link/ channel/` names a folder in the first, `hub/main.ts app.ts` one beside it. */
function besideOf(first: string, folder: string, name: string): string {
  const inside = `${first}${name}`;
  return first.endsWith('/') && existsSync(join(REPOSITORY, inside)) ? inside : `${folder}/${name}`;
}

/** Files and folders between backticks: those of other programs and of the API are not ours. */
function namedPaths(document: string): string[] {
  const named = readFileSync(join(REPOSITORY, document), 'utf8').matchAll(/`([\w.@/-]+)`/g);
  return [...named]
    .map(([, path = '']) => path)
    .filter((path) => /^[a-z]/.test(path) && path.includes('/') && /(\/|\.\w+)$/.test(path))
    .filter((path) => path !== 'store/');
}

it('names only files and folders that are there', () => {
  const paths = [...roomPaths(), ...walkPaths(), ...DOCUMENTS.flatMap(namedPaths)];
  expect(paths.length).toBeGreaterThan(100);
  expect(paths.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
});

it('names every room of the hub and of the base', () => {
  const drawn = roomPaths().map((path) => path.replace(/\/$/, ''));
  const rooms = [...Object.keys(ROOMS.hub ?? {}), ...Object.keys(ROOMS['base-unit'] ?? {})];
  const isDrawn = (room: string) => drawn.some((path) => isWithin(room, path));
  expect(rooms.filter((room) => !isDrawn(room))).toEqual([]);
});

function isWithin(room: string, path: string): boolean {
  return room === path || room.startsWith(`${path}/`);
}

it('names the nouns of the hub in their order', () => {
  const [, order = ''] = /^hub\/domain\/<noun>\/ +([^:]+):/m.exec(text) ?? [];
  expect(order.split('<').map((noun) => noun.trim())).toEqual(HUB_NOUNS);
});

it('names one file to open first for each stage of the command path', () => {
  const files = stageFiles();
  expect(files).toHaveLength(17);
  expect(files.filter((file) => !statSync(join(REPOSITORY, file)).isFile())).toEqual([]);
});
