import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { REPOSITORY } from './architecture/source.ts';

const text = readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8');
const lock = z
  .object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) })
  .parse(JSON.parse(text));

/** Lowest versions without the advisories of 2026. */
const FLOORS: readonly [name: string, floor: string][] = [
  ['engine.io', '6.6.9'],
  ['ws', '8.21.0'],
  ['socket.io-parser', '4.2.6'],
];

function isAtLeast(version: string, floor: string): boolean {
  const have = version.split('.').map(Number);
  const need = floor.split('.').map(Number);
  const place = need.findIndex((part, index) => (have[index] ?? 0) !== part);
  return place === -1 || (have[place] ?? 0) > (need[place] ?? 0);
}

describe('package-lock.json', () => {
  it('names no registry, so that everybody installs from their own', () => {
    expect(text).not.toContain('"resolved": "http');
  });

  it.each(FLOORS)('has no %s older than %s', (name, floor) => {
    const versions = Object.entries(lock.packages)
      .filter(([path]) => path.endsWith(`node_modules/${name}`))
      .map(([, entry]) => entry.version ?? '0');
    expect(versions).not.toEqual([]);
    expect(versions.filter((version) => !isAtLeast(version, floor))).toEqual([]);
  });
});
