import { type Stats, lstatSync, mkdirSync } from 'node:fs';
import { AppError } from '#protocol/errors.ts';

/** Creates a folder for its owner alone; an existing one keeps its mode. */
export function makeOwnFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/**
 * Creates a folder that only its owner can access, from the first moment on.
 *
 * @throws AppError `forbidden` when it exists and is not such a folder
 */
export function makePrivateFolder(path: string): void {
  makeOwnFolder(path);
  checkPrivateFolder(path);
}

/** @throws AppError `forbidden` when others own the folder or may enter it; not when there is none. */
export function checkPrivateFolder(path: string): void {
  const found = statsOf(path);
  if (found === undefined || isPrivate(found)) return;
  throw new AppError('forbidden', {
    details: {
      source: path,
      field: 'this',
      reason: 'has to be a folder of your own that is open to nobody else (mode 0700).',
    },
  });
}

function statsOf(path: string): Stats | undefined {
  // Not the target of a link: in a shared folder anyone can create links.
  return lstatSync(path, { throwIfNoEntry: false });
}

function isPrivate(found: Stats): boolean {
  const own = process.getuid?.() ?? found.uid;
  return found.isDirectory() && found.uid === own && (found.mode & 0o077) === 0;
}
