import { describe, expect, it } from 'vitest';
import { DeviceOffers } from '#protocol/http/device-offers.ts';
import { UnitMapping } from '#protocol/http/unit-request.ts';
import { UnitView } from '#protocol/http/units.ts';
import { LIMITS } from '#protocol/limits.ts';
import { until } from '#platform/testing/until.ts';
import { passwordOf, registerDevice } from '../testing/device-site.ts';
import { type MqttHub, type RawMqtt, startMqttHub } from '../testing/raw-mqtt.ts';

const LAMP = {
  ...{ homie: '5.0', version: 1, name: 'Lamp' },
  nodes: {
    light: {
      properties: {
        power: { datatype: 'boolean', settable: true },
        level: { datatype: 'integer', format: '0:100' },
      },
    },
  },
};
const DESCRIPTION = 'homie/5/lamp/$description';

async function fixture() {
  const hub = await startMqttHub();
  const made = await registerDevice(hub.owner, { name: 'Lamp', clientId: 'lamp-1' });
  const device = await speaker(hub, made);
  const path = `/api/devices/${made.device.id}`;
  const { client } = hub.owner;
  const offers = async () => await client.request(DeviceOffers, { path: `${path}/offers` });
  const first = async () => {
    const [offer] = (await offers()).offers;
    if (!offer) throw new Error('no offer');
    return offer;
  };
  const accept = async (body: object) => await client.call({ path: `${path}/accept`, body });
  return { hub, made, device, offers, first, accept };
}

async function speaker(hub: MqttHub, made: Parameters<typeof passwordOf>[0]) {
  const { clientId } = made.device;
  const socket: RawMqtt = await hub.connected(passwordOf(made), { clientId, username: clientId });
  let messageId = 0;
  return async (topic: string, document: unknown, qos: 0 | 1 = 1, retain = true) => {
    messageId += 1;
    const payload = typeof document === 'string' ? document : JSON.stringify(document);
    socket.send({ cmd: 'publish', topic, payload, qos, retain, dup: false, messageId });
    if (qos === 1) await socket.next('puback');
  };
}

describe('a device that describes itself', () => {
  it('is offered as a unit, and is one once a person says yes', async () => {
    const { hub, device, offers, first, accept } = await fixture();
    expect((await offers()).offers.map(({ form }) => form)).toEqual(['libpyiotcloud']);
    await device(DESCRIPTION, LAMP);
    const offer = await first();
    expect(offer).toMatchObject({ id: 'homie:lamp', title: 'Lamp', state: 'new', leftOut: [] });
    expect((await offers()).unitId).toBeNull();
    const accepted = await accept({ offerId: offer.id, digest: offer.digest });
    const unit = UnitView.parse(accepted.body);
    expect(unit).toMatchObject({ name: 'Lamp', presence: { state: 'init' } });
    expect((await offers()).unitId).toBe(unit.id);
    expect(await first()).toMatchObject({ state: 'accepted' });
    await device('homie/5/lamp/light/level', '40');
    const path = `/api/units/${unit.id}`;
    const view = await hub.owner.client.request(UnitView, { path });
    expect(view.reported['level']?.value).toBe(40);
  });

  it('is offered again when it describes itself differently, and stays what it is meanwhile', async () => {
    const { hub, device, first, accept } = await fixture();
    await device(DESCRIPTION, LAMP);
    const before = await first();
    const unit = UnitView.parse((await accept({ offerId: before.id, digest: before.digest })).body);
    await device(DESCRIPTION, { ...LAMP, version: 2, nodes: { other: LAMP.nodes.light } });
    const changed = await first();
    expect(changed.state).toBe('changed');
    const path = `/api/units/${unit.id}/mapping`;
    const mapping = async () => (await hub.owner.client.request(UnitMapping, { path })).mapping;
    expect(await mapping()).toEqual(before.mapping);
    // What was shown is what is accepted, or nothing.
    const old = await accept({ offerId: before.id, digest: before.digest });
    expect([old.status, old.body]).toMatchObject([409, { code: 'offer_changed' }]);
    expect((await accept({ offerId: changed.id, digest: changed.digest })).status).toBe(200);
    expect(await mapping()).toEqual(changed.mapping);
    // By hand it may be something else; that is no reason to offer it again.
    const edited = { ...changed.mapping, model: 'Mine' };
    await hub.owner.client.call({ method: 'PUT', path, body: { mapping: edited } });
    expect((await first()).state).toBe('accepted');
  });

  it('is known by what is not retained as well, at QoS 0, and by several forms', async () => {
    const { device, offers } = await fixture();
    await device('tele/lamp/SENSOR', { Time: 'x', AM2301: { Temperature: 20 } }, 0, false);
    await device('homeassistant/sensor/lamp/t/config', { stat_t: 'lamp/t', unit_of_meas: 'K' });
    await until('both', async () => (await offers()).offers.length === 3 || undefined);
    expect((await offers()).offers.map(({ id }) => id)).toEqual([
      ...['homeassistant:lamp', 'tasmota:lamp', 'libpyiotcloud'],
    ]);
  });

  it('takes back what it said by an empty message, and with its registration', async () => {
    const { hub, made, device, offers } = await fixture();
    await device(DESCRIPTION, LAMP);
    await device(DESCRIPTION, '');
    expect((await offers()).offers.map(({ form }) => form)).toEqual(['libpyiotcloud']);
    await device(DESCRIPTION, LAMP);
    const path = `/api/devices/${made.device.id}`;
    expect((await hub.owner.client.call({ method: 'DELETE', path })).status).toBe(204);
    expect((await hub.owner.client.call({ path: `${path}/offers` })).status).toBe(404);
  });

  it('is kept within bounds, however much it says', async () => {
    const { device, offers } = await fixture();
    await device('homie/5/big/$description', {
      ...LAMP,
      pad: 'x'.repeat(LIMITS.announcementBytes),
    });
    expect((await offers()).offers).toHaveLength(1);
    const pad = 'x'.repeat(60_000);
    for (let number = 0; number < 10; number += 1)
      await device(`homie/5/d${number}/$description`, { ...LAMP, pad });
    const { offers: some, isFull } = await offers();
    expect(some.length).toBe(9);
    expect(isFull).toBe(true);
    for (let number = 0; number < 40; number += 1)
      await device(`homeassistant/sensor/n${number}/t/config`, { stat_t: 'a' });
    expect((await offers()).offers).toHaveLength(LIMITS.offersPerDevice);
  });

  it('describes only itself: what others publish at its topics says nothing', async () => {
    const { hub, offers } = await fixture();
    const app = await hub.connected(await hub.token('control'));
    app.send({
      ...{ cmd: 'publish', topic: `lamp-1/${DESCRIPTION}`, payload: JSON.stringify(LAMP) },
      ...{ qos: 1, retain: true, dup: false, messageId: 1 },
    });
    await app.next('puback');
    expect((await offers()).offers).toHaveLength(1);
  });
});
