import { describe, expect, it, onTestFinished } from 'vitest';
import { Command } from '#protocol/command/command.ts';
import { until } from '#platform/testing/until.ts';
import { joinMqttHub, startMqttHub } from '../testing/raw-mqtt.ts';
import { SocketDevice } from '../testing/socket-device.ts';
import { temporaryDatabase } from '../testing/test-database.ts';
import { testEngines } from '../testing/test-store.ts';

const DIM = { verb: 'set', affordance: 'brightness', input: 40 } as const;
const INVOKE = { ...DIM, verb: 'invoke', ttlMs: 30_000 } as const;

async function startPair() {
  const database = await temporaryDatabase(onTestFinished);
  const one = await startMqttHub({ database });
  const two = await joinMqttHub(one, { database });
  return { one, two, device: await SocketDevice.add(one) };
}

/** Publishes the answer to a command. */
async function answer(device: SocketDevice, id: string): Promise<void> {
  await device.publish('cmnd/DIMMER/r', `{"id": "${id}"}`);
}

describe.runIf(testEngines().includes('postgres'))('a device at one of two hubs', () => {
  it('gets a command that the other was given, whose client waits for the end there', async () => {
    const { one, two, device } = await startPair();
    await device.connect({ hub: two });
    await device.ready();
    const waiting = one.owner.client.request(Command, {
      path: `/api/units/${device.unitId}/commands`,
      body: INVOKE,
      headers: { prefer: 'wait=20' },
    });
    const { payload } = await device.command();
    const { id } = Command.pick({ id: true }).parse(JSON.parse(payload.toString()));
    await answer(device, id);
    expect(await waiting).toMatchObject({ id, state: 'succeeded' });
  });

  it('moves with what was not written, and is sent again only what may happen twice', async () => {
    const { one, two, device } = await startPair();
    const queued = await device.issue({ ...DIM, verb: 'enqueue' });
    await device.connect({ hub: two, clean: false });
    await device.inState(queued.id, 'dispatched');
    const invoked = await device.issue(INVOKE);
    const desired = await device.issue({ ...DIM, input: 60 });
    for (const { id } of [queued, invoked, desired]) {
      const { payload } = await device.socket.next('publish');
      expect(payload.toString()).toContain(id);
    }
    const older = device.socket;
    await device.connect({ hub: one, clean: false });
    await older.closed();
    await device.inState(invoked.id, 'unknown');
    for (const { id } of [queued, desired]) {
      expect((await device.command()).payload.toString()).toContain(id);
      await answer(device, id);
      await device.inState(id, 'succeeded');
    }
    expect(await device.unreadCommands()).toEqual([]);
    await until('nothing is kept at either hub', () =>
      [one, two].every(({ hub }) => hub.gauges()['services.deviceCommands'] === 0),
    );
  });
});
