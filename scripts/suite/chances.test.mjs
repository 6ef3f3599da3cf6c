import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { run } from '../make/run.mjs';
import { seedOf } from './chances.mjs';

function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function commit(folder, title) {
  const me = ['-c', 'user.name=A', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false'];
  await run('git', [...me, 'commit', '--allow-empty', '-qm', title], { cwd: folder });
}

it('is the same for the same commit, and another for the next', async () => {
  const folder = temporaryFolder();
  await run('git', ['init', '-q'], { cwd: folder });
  await commit(folder, 'one');
  const first = await seedOf(folder, {});
  expect(await seedOf(folder, {})).toBe(first);
  await commit(folder, 'two');
  expect(await seedOf(folder, {})).not.toBe(first);
});

it('is that of an earlier run, when it is given', async () => {
  expect(await seedOf(temporaryFolder(), { SIGNALBOX_SEED: '4711' })).toBe(4711);
});

it.each([{}, { SIGNALBOX_SEED: '' }, { SIGNALBOX_SEED: 'x' }, { SIGNALBOX_SEED: '-1' }])(
  'is by chance without a commit and with %j',
  async (wanted) => {
    const seed = await seedOf(temporaryFolder(), wanted);
    expect(Number.isSafeInteger(seed)).toBe(true);
    expect(seed).toBeGreaterThan(0);
  },
);
