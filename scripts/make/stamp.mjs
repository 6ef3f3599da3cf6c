import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist', 'build', '.git', '.signalbox', '.pio']);

/**
 * A hash over the names and contents of files and folders, so that a build is repeated
 * exactly when one of its inputs has changed.
 *
 * @param {string} root
 * @param {string[]} paths relative to the root; a missing path counts as empty
 */
export function contentStamp(root, paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesUnder(join(root, path)))) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/** All files of a folder, in the order of their names; of a file, itself. */
function filesUnder(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => !SKIPPED.has(name))
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/** Remembers under which stamp a part was built. */
export class StampFile {
  #path;

  constructor(root, name) {
    this.#path = join(root, 'build/stamps', name);
  }

  matches(stamp) {
    try {
      return readFileSync(this.#path, 'utf8') === stamp;
    } catch {
      return false;
    }
  }

  write(stamp) {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, stamp);
  }

  clear() {
    rmSync(this.#path, { force: true });
  }
}
