import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One file of the repository: its path from the root, with slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export const REPOSITORY = join(import.meta.dirname, '../..');

const FOLDERS = [
  'protocol',
  'platform',
  'client',
  'hub',
  'base-unit',
  'dashboard',
  'firmware',
  'cli',
  'bin',
  'scripts',
  'test',
];
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'generated', '.pio']);
const WRITTEN = /\.(ts|tsx|js|mjs|css|h|cpp|c)$/;
const GENERATED = /_pb\.ts$|\.pb\.[ch]$/;

/** Every source file that a person wrote. */
export function readSources(root: string = REPOSITORY): Source[] {
  return FOLDERS.flatMap((folder) => pathsUnder(root, folder))
    .filter((path) => WRITTEN.test(path) && !GENERATED.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function pathsUnder(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return SKIPPED.has(entry.name) ? [] : pathsUnder(root, path);
  });
}

export function isTypeScript(path: string): boolean {
  return /\.tsx?$/.test(path);
}

/** Tests and their support code are next to the code but are not part of it. */
export function isTest(path: string): boolean {
  return /\.(test|contract)\.tsx?$/.test(path) || /(^|\/)testing\//.test(path);
}
