import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readProofs, writeProof } from './proved.mjs';

it('keeps the last run of each part, with its date and commit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'proved.md');
  expect(readProofs(file)).toEqual([]);
  const faults = { name: 'faults', date: '2026-11-30', commit: 'abc1234', seconds: 600 };
  const attacks = { ...faults, name: 'attacks', result: '70 passed, 0 failed' };
  writeProof(file, { ...faults, result: 'failed (exit 1)' });
  writeProof(file, attacks);
  const again = { ...faults, commit: 'def5678 (changed)', result: '18 played | 0 lost' };
  writeProof(file, again);
  expect(readProofs(file)).toEqual([{ ...again, result: '18 played / 0 lost' }, attacks]);
});
