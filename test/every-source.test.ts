import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unusedExports } from './architecture/exports.ts';
import { fileImports } from './architecture/file-imports.ts';
import { circleIn } from './architecture/rooms.ts';
import { columnNames, rowViolations } from './architecture/row-rules.ts';
import { violationsOf } from './architecture/rules.ts';
import { readSources, REPOSITORY } from './architecture/source.ts';
import { wordViolations } from './architecture/words.ts';

/** Vitest loads these by their path, and calls their `setup`. */
function entriesOfVitest(): ReadonlySet<string> {
  const config = readFileSync(join(REPOSITORY, 'vitest.config.ts'), 'utf8');
  return new Set([...config.matchAll(/'([\w/-]+\.ts)'/g)].map(([, path = '']) => path));
}

// All of them in one file, which reads and parses the sources once.
describe('every source file', { timeout: 120_000 }, () => {
  const sources = readSources();

  it('keeps the architecture', () => {
    expect(sources.length).toBeGreaterThan(1_000);
    expect(sources.flatMap(violationsOf)).toEqual([]);
  });

  it('is in no circle of files, in tests neither', () => {
    expect(circleIn(fileImports(sources))).toBeUndefined();
  });

  it('names things by the words of the field', () => {
    expect(sources.flatMap(wordViolations)).toEqual([]);
  });

  it('exports only what another file imports', () => {
    const scripts = sources.filter(({ path }) => /\.(ts|tsx|js|mjs)$/.test(path));
    expect(scripts.length).toBeGreaterThan(500);
    // What programs elsewhere import.
    const entries = new Set([...entriesOfVitest(), 'client/hub.ts']);
    expect(unusedExports(scripts, entries)).toEqual([]);
  });

  it('above a store knows nothing of its rows', () => {
    const columns = columnNames();
    expect(sources.flatMap((source) => rowViolations(source, columns))).toEqual([]);
  });
});
