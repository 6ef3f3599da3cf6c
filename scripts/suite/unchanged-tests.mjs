import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const TEST = /\.test\.tsx?$/;
const SKIPPED_FOLDERS = new Set(['node_modules', 'build', 'dist']);
/** `from '…'`, `import '…'` and `import('…')`: what is no import of a file is not found, or stays as it is. */
const IMPORT = /\b(?:from|import)\s*\(?\s*['"]([^'"\n]+)['"]/g;
/** Such a test reads files that it does not import. */
const READS_BY_ITSELF = /import\.meta|REPOSITORY|process\.cwd\(/;
/** What every test depends on. */
const COMMON = [
  ...['package-lock.json', 'package.json', 'vitest.config.ts', 'tsconfig.json'],
  ...['test/harness/property-seed.ts', 'test/harness/property-runs.ts'],
];

/**
 * Which tests need not run again: since they passed, neither they nor any file that they
 * import, however far, has changed. The stamps of those that passed are kept in a file.
 */
export class UnchangedTests {
  #root;
  #folders;
  #file;
  #passed;
  #contents = new Map();
  #imports = new Map();

  /** @param {{ root: string, folders: readonly string[], file: string }} options folders: of the tests; file: of the stamps, relative to the root as they are */
  constructor({ root, folders, file }) {
    this.#root = root;
    this.#folders = folders;
    this.#file = join(root, file);
    this.#passed = existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) : {};
  }

  /** Test files that have changed, or never passed, with their stamps; how many have not. */
  changed() {
    const common = [process.version, ...COMMON.map((path) => this.#contentOf(path))].join('\n');
    const stamps = new Map();
    let unchanged = 0;
    for (const path of this.#folders.flatMap((folder) => this.#testsIn(folder))) {
      const stamp = this.#stampOf(path, common);
      if (this.#passed[path] === stamp && !READS_BY_ITSELF.test(this.#textOf(path))) unchanged += 1;
      else stamps.set(path, stamp);
    }
    return { stamps, unchanged };
  }

  /** @param {Iterable<[path: string, stamp: string]>} passed of the state that was tested */
  keep(passed) {
    for (const [path, stamp] of passed) this.#passed[path] = stamp;
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify(this.#passed));
  }

  #testsIn(folder) {
    const absolute = join(this.#root, folder);
    if (!existsSync(absolute)) return [];
    return readdirSync(absolute, { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : this.#testsIn(path);
      return TEST.test(path) ? [path] : [];
    });
  }

  #stampOf(test, common) {
    const reached = new Set([test]);
    for (const path of reached) for (const one of this.#importsOf(path)) reached.add(one);
    const hash = createHash('sha256').update(common);
    for (const path of [...reached].sort()) hash.update(`\n${path} ${this.#contentOf(path)}`);
    return hash.digest('base64url');
  }

  /** Files of ours that a file imports. */
  #importsOf(path) {
    const known = this.#imports.get(path);
    if (known) return known;
    const found = [...this.#textOf(path).matchAll(IMPORT)].flatMap(([, name]) => {
      if (name.startsWith('#')) return [name.slice(1)];
      return name.startsWith('.') ? [join(dirname(path), name)] : [];
    });
    this.#imports.set(path, found);
    return found;
  }

  #textOf(path) {
    const file = join(this.#root, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  #contentOf(path) {
    const known = this.#contents.get(path);
    if (known) return known;
    const hash = createHash('sha256').update(this.#textOf(path)).digest('base64url');
    this.#contents.set(path, hash);
    return hash;
  }
}
