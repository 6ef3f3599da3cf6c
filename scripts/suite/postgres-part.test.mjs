import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ON_POSTGRES } from './postgres-part.mjs';

it('names tests that exist: Vitest runs without a word what is left of a list', () => {
  const root = join(import.meta.dirname, '../..');
  expect(ON_POSTGRES.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
