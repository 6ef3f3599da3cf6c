import { describe, expect, it, onTestFinished } from 'vitest';
import { DeviceOffers } from '#protocol/http/device-offers.ts';
import { UnitView } from '#protocol/http/units.ts';
import { temporaryBus } from '../testing/bus-for-tests.ts';
import { passwordOf, registerDevice } from '../testing/device-site.ts';
import { joinMqttHub, startMqttHub } from '../testing/raw-mqtt.ts';
import { temporaryDatabase } from '../testing/test-database.ts';
import { testEngines } from '../testing/test-store.ts';

const SPEED = { datatype: 'integer', format: '0:3' };
const FAN = { homie: '5.0', version: 1, nodes: { fan: { properties: { speed: SPEED } } } };

describe.skipIf(!testEngines().includes('postgres'))('a device at one of two hubs', () => {
  it('describes itself there, is accepted at the other, and is read so where it is', async () => {
    const database = await temporaryDatabase(onTestFinished);
    const { config } = await temporaryBus('NOTIFY', database);
    const one = await startMqttHub({ database, config });
    const two = await joinMqttHub(one, { database, config });
    const made = await registerDevice(one.owner, { name: 'Fan', clientId: 'fan' });
    const device = await one.connected(passwordOf(made), { clientId: 'fan', username: 'fan' });
    let messageId = 0;
    const publish = async (topic: string, payload: string): Promise<void> => {
      messageId += 1;
      const packet = { topic, payload, messageId, qos: 1, retain: true, dup: false } as const;
      device.send({ cmd: 'publish', ...packet });
      await device.next('puback');
    };
    await publish('homie/5/fan/$description', JSON.stringify(FAN));
    const path = `/api/devices/${made.device.id}`;
    const there = two.owner.client;
    const { offers } = await there.request(DeviceOffers, { path: `${path}/offers` });
    const body = { offerId: 'homie:fan', digest: offers[0]?.digest };
    const unit = await there.request(UnitView, { path: `${path}/accept`, body });
    await publish('homie/5/fan/fan/speed', '2');
    const view = await there.request(UnitView, { path: `/api/units/${unit.id}` });
    expect(view.reported['speed']?.value).toBe(2);
  });
});
