import { expect, it } from 'vitest';
import { parseUserCode, userCodeFrom } from './user-code.ts';

it('makes each letter as likely as any other', () => {
  const counts = new Map<string, number>();
  for (let byte = 0; byte < 256; byte += 1) {
    const code = userCodeFrom(new Uint8Array(8).fill(byte));
    if (code === undefined) expect(byte).toBeGreaterThanOrEqual(240);
    else counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  expect([...counts.values()]).toEqual(Array.from({ length: 20 }, () => 12));
});

it.each([
  ['BCDF-GHJK', 'BCDF-GHJK'],
  ['bcdf ghjk', 'BCDF-GHJK'],
  [' bcdfghjk\n', 'BCDF-GHJK'],
  ['BCDF-GHJ', undefined],
  ['BCDF-GHJKL', undefined],
  ['BCDF-GHJA', undefined],
  ['', undefined],
])('reads %j as %j', (typed, code) => {
  expect(parseUserCode(typed)).toBe(code);
});
