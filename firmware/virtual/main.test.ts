import { connect } from 'node:net';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { cryptoWith } from '../../test/harness/noise-crypto.ts';
import { capturePrinted } from '../../test/harness/printed.ts';
import { loadLampState, saveLampState } from './lamp-state-file.ts';
import { runVirtualUnit } from './main.ts';

const crypto = cryptoWith();

it('prints where it listens, accepts connections, and stops when told to', async () => {
  const printed = capturePrinted();
  const stop = new AbortController();
  const running = runVirtualUnit(
    ['--unit', 'lamp', '--id', 'a', '--port', '0', '--plain'],
    stop.signal,
    crypto,
  );
  await vi.waitUntil(() => printed.out !== '');
  const port = Number(/^listening 127\.0\.0\.1:(\d+) unit=lamp id=a /.exec(printed.out)?.[1]);
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  stop.abort();
  expect(await running).toBe(0);
  socket.destroy();
});

it.each([
  [['--unit', 'toaster', '--id', 'a', '--plain']],
  [['--unit', 'lamp', '--plain']],
  [['--unit', 'lamp', '--id', 'a']],
  [['--unit', 'lamp', '--id', 'a', '--plain', '--key-file', '/tmp/key']],
  [['--unit', 'lamp', '--id', 'a', '--port', '70000', '--plain']],
  [['--what']],
])('answers %j with how it is used and 64', async (argv) => {
  const printed = capturePrinted();
  expect(await runVirtualUnit(argv, new AbortController().signal, crypto)).toBe(64);
  expect(printed.err).toContain('usage:');
});

it('answers a key file that others can read, or that holds no key, with a reason and 64', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unit-key-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const printed = capturePrinted();
  const path = join(folder, 'key');
  const run = () =>
    runVirtualUnit(
      ['--unit', 'lamp', '--id', 'a', '--port', '0', '--key-file', path],
      new AbortController().signal,
      crypto,
    );
  expect(await run()).toBe(64);
  await writeFile(path, 'no key', { mode: 0o600 });
  expect(await run()).toBe(64);
  await chmod(path, 0o644);
  expect(await run()).toBe(64);
  const said = printed.err;
  expect(said).toContain('cannot read');
  expect(said).toContain('contains no key');
  expect(said).toContain('chmod 600');
});

it('says in one line that a port is in use', async () => {
  const printed = capturePrinted();
  const stop = new AbortController();
  const first = runVirtualUnit(
    ['--unit', 'lamp', '--id', 'a', '--port', '0', '--plain'],
    stop.signal,
    crypto,
  );
  await vi.waitUntil(() => printed.out !== '');
  const port = /:(\d+) /.exec(printed.out)?.[1] ?? '';
  const second = ['--unit', 'lamp', '--id', 'b', '--port', port, '--plain'];
  expect(await runVirtualUnit(second, stop.signal, crypto)).toBe(2);
  expect(printed.err.split('\n')).toHaveLength(2);
  stop.abort();
  await first;
});

it("keeps the lamp's state in a file, and ignores a broken file", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lamp-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'state');
  const state = { on: true, color: 0x00ff10, brightness: 40 };
  await saveLampState(path, state);
  expect(await loadLampState(path)).toEqual(state);
  expect(await loadLampState(join(folder, 'none'))).toBeUndefined();
});
