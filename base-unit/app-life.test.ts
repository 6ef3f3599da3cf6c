import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BaseId, newId, SiteId } from '#protocol/ids.ts';
import { systemClock } from '#platform/clock.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { buildBaseUnit, type BaseUnitDeps } from './app.ts';
import { BaseConfig } from './config/config.ts';
import { newPrivateKeyPem, readPrivateKey } from './pairing/base-key.ts';
import { openStore } from './store/store.ts';
import { MemorySender } from './testing/memory-sender.ts';
import { MemoryTransport } from './testing/memory-transport.ts';
import { testLog } from './testing/test-base.ts';

/** A base whose hub nobody answers for. */
function depsIn(folder: string): BaseUnitDeps {
  const store = openStore({ path: ':memory:' });
  atTestEnd.add(() => store.close());
  return {
    store,
    privateKey: readPrivateKey(newPrivateKeyPem()),
    clock: systemClock,
    random: () => 0.5,
    log: testLog,
    transport: new MemoryTransport(),
    sender: new MemorySender(),
    statusSocket: join(folder, 'status.sock'),
    firmwareFolder: join(folder, 'firmware'),
    config: BaseConfig.parse({
      hubUrl: 'http://127.0.0.1:1',
      baseId: newId(BaseId),
      siteId: newId(SiteId),
      name: 'Test',
    }),
  };
}

function discoveryWith(calls: string[], start: () => void = () => undefined) {
  return {
    start: () => {
      calls.push('start');
      start();
    },
    close: () => {
      calls.push('close');
      return Promise.resolve();
    },
    query: () => undefined,
    found: () => [],
    addressesOf: () => [],
    reject: () => undefined,
  };
}

it('opens nothing before it starts, and closes once', async () => {
  const calls: string[] = [];
  const folder = temporaryFolder(atTestEnd);
  const base = buildBaseUnit({ ...depsIn(folder), discovery: discoveryWith(calls) });
  expect(calls).toEqual([]);
  expect(base.status().hub.state).toBe('offline');
  await base.start();
  await Promise.all([base.close(), base.close()]);
  expect(calls).toEqual(['start', 'close']);
  expect(base.status().hub.state).toBe('stopped');
});

it('closes all that it opened when a start fails, so that the next can start', async () => {
  const calls: string[] = [];
  const folder = temporaryFolder(atTestEnd);
  const discovery = discoveryWith(calls, () => {
    throw new Error('no network');
  });
  const broken = buildBaseUnit({ ...depsIn(folder), discovery });
  await expect(broken.start()).rejects.toThrow('no network');
  await broken.close();
  expect(calls).toEqual(['start', 'close']);
  const next = buildBaseUnit(depsIn(folder));
  atTestEnd.add(() => next.close());
  await next.start();
});

it('leaves all closed where another base serves the folder', async () => {
  const calls: string[] = [];
  const folder = temporaryFolder(atTestEnd);
  const first = buildBaseUnit(depsIn(folder));
  atTestEnd.add(() => first.close());
  await first.start();
  const second = buildBaseUnit({ ...depsIn(folder), discovery: discoveryWith(calls) });
  await expect(second.start()).rejects.toMatchObject({ code: 'not_ready' });
  await second.close();
  expect(calls).toEqual([]);
});
