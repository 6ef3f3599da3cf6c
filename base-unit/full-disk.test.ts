import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { SmallDisk, smallDiskObstacle } from '../test/faults/small-disk.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { startVirtualUnit } from '../test/harness/virtual-units.ts';
import { newPrivateKeyPem } from './pairing/base-key.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { issued, startTestBase } from './testing/test-base.ts';

const obstacle = smallDiskObstacle();

describe.skipIf(obstacle !== undefined)('a base whose disk is full when it starts', () => {
  it.each([
    ['stopped in good order', true],
    ['cut off', false],
  ])('serves, says so, and stores again once there is room: %s', async (_how, inOrder) => {
    const disk = new SmallDisk(4, atTestEnd);
    const folder = join(disk.folder, 'base');
    mkdirSync(folder, { mode: 0o700 });
    const hub = new FakeHub();
    await hub.start();
    onTestFinished(() => hub.close());
    const unitId = newId(UnitId);
    const lamp = await startVirtualUnit({ kind: 'lamp' }, atTestEnd);
    const address = { host: '127.0.0.1', port: lamp.port };
    hub.units = [{ unitId, name: 'Lamp', address, link: 'frames', hardwareId: null }];
    const privateKeyPem = newPrivateKeyPem();
    const options = { hub, folder, privateKeyPem };
    const before = await startTestBase(options, atTestEnd);
    await until('the lamp is ready', () => hub.stateOf(unitId) === 'ready');
    await before.stop();
    if (!inOrder) {
      const cut = await startTestBase(options, atTestEnd);
      cut.store.commitSoon(() => undefined);
      await cut.base.close();
      // As a process that is killed: nothing is closed that it had open.
      cut.store.close = () => undefined;
    }
    disk.fill();
    const { store, base } = await startTestBase(options, atTestEnd);
    await until('the base is online', () => base.status().hub.state === 'online');
    expect(() => store.commit(() => store.cursor.moveTo(hub.epoch, 1, null))).toThrow(
      expect.objectContaining({ code: 'storage_full' }),
    );
    disk.free();
    const command = issued({ unitId, affordance: 'color', input: '#ff8800' });
    hub.issue(command);
    const result = await until('a result', () =>
      hub.results.find(({ commandId }) => commandId === command.id),
    );
    expect(result.outcome).toBe('succeeded');
  });
});
