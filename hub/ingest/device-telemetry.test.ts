import { describe, expect, it } from 'vitest';
import { HistoryAnswer } from '#protocol/http/units.ts';
import { SiteEventsPage } from '#protocol/http/events.ts';
import { until } from '#platform/testing/until.ts';
import { startMqttHub } from '../testing/raw-mqtt.ts';
import { SocketDevice } from '../testing/socket-device.ts';
import { passwordOf, registerDevice } from '../testing/device-site.ts';

async function fixture() {
  const hub = await startMqttHub();
  const device = await SocketDevice.add(hub);
  const history = async (property = 'temperature') => {
    const path = `/api/units/${device.unitId}/history?property=${property}&from=0&to=9999999999999&resolution=raw`;
    return (await hub.owner.client.request(HistoryAnswer, { path })).points.map(({ last }) => last);
  };
  return { hub, device, history };
}

describe('what a device publishes', () => {
  it('is a reading when it is acknowledged, several of one message', async () => {
    const { device, history } = await fixture();
    await device.connect();
    await device.publish('tele/SENSOR', '{"t": 21.4, "ENERGY": {"Power": 7}}');
    expect((await device.view()).reported).toMatchObject({
      temperature: { value: 21.4, clock: 'synced' },
      power: { value: 7 },
    });
    await device.publish('tele/SENSOR', '{"t": 21.5, "ENERGY": {"Power": 8}}', { qos: 1 });
    expect(await history()).toEqual([21.4, 21.5]);
    expect(await history('power')).toEqual([7, 8]);
  });

  it('is a reading with QoS 0 and 2, too, and in their order', async () => {
    const { device, history } = await fixture();
    await device.connect();
    for (const t of [1, 2, 3]) await device.publish('tele/SENSOR', `{"t": ${t}}`, { qos: 0 });
    await until('read', async () => (await history()).length === 3);
    await device.publish('tele/SENSOR', '{"t": 4}', { qos: 2, messageId: 9 });
    await device.socket.next('pubrec');
    // Not acknowledged, and sent again: known by its packet id.
    await device.publish('tele/SENSOR', '{"t": 4}', { qos: 2, messageId: 9, dup: true });
    await device.socket.next('pubrec');
    expect(await history()).toEqual([1, 2, 3, 4]);
  });

  it('is no second reading when it is sent again, nor when it is retained and read', async () => {
    const { hub, device, history } = await fixture();
    await device.connect();
    const sent = { messageId: 77, retain: true };
    await device.publish('tele/SENSOR', '{"t": 5}', sent);
    await device.publish('tele/SENSOR', '{"t": 5}', { ...sent, dup: true });
    const reader = await hub.connected(await hub.token('read'));
    reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] });
    await reader.next('publish');
    expect(await history()).toEqual([5]);
    // The same number again is another packet, if it is not marked as sent again.
    await device.publish('tele/SENSOR', '{"t": 5}', sent);
    expect(await history()).toEqual([5, 5]);
    // After a new connection a packet may be sent again as well.
    device.leave();
    await device.connect();
    await device.publish('tele/SENSOR', '{"t": 5}', { ...sent, dup: true });
    expect(await history()).toEqual([5, 5]);
  });

  it('is an event of the unit where the mapping says so', async () => {
    const { hub, device } = await fixture();
    await device.connect();
    await device.publish('stat/BUTTON', 'SINGLE');
    await device.publish('stat/BUTTON', 'DOUBLE');
    const { events } = await hub.owner.client.request(SiteEventsPage, {
      path: `/api/sites/${hub.siteId}/events`,
    });
    const happened = events.filter(({ type }) => type === 'unit.event');
    expect(happened.map(({ data }) => data)).toMatchObject([{ event: 'pressed' }]);
  });

  it('is acknowledged and kept out where it does not fit, and takes nothing along', async () => {
    const { device, history } = await fixture();
    await device.connect();
    await device.publish('tele/SENSOR', 'nonsense');
    await device.publish('stat/DIMMER', '400');
    await device.publish('tele/SENSOR', '{"t": 6}');
    expect(await history()).toEqual([6]);
    expect((await device.view()).reported).not.toHaveProperty('brightness');
  });

  it('counts only from the device itself', async () => {
    const { hub, device, history } = await fixture();
    await device.connect();
    const app = await hub.connected(await hub.token('control'));
    const forged = { cmd: 'publish', topic: 'plug/tele/SENSOR', payload: '{"t": 99}' } as const;
    app.send({ ...forged, qos: 1, messageId: 1, dup: false, retain: false });
    await app.next('puback');
    const other = await registerDevice(hub.owner, { name: 'Other', clientId: 'other' });
    const neighbour = await hub.connected(passwordOf(other), {
      ...{ clientId: 'other', username: 'other' },
    });
    neighbour.send({
      ...forged,
      topic: 'tele/SENSOR',
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    });
    await neighbour.next('puback');
    expect(await history()).toEqual([]);
  });

  it('says whether the device is there', async () => {
    const { device } = await fixture();
    expect((await device.view()).presence.state).toBe('init');
    await device.connect();
    await device.ready();
    device.leave();
    await device.ready('lost');
    await device.connect();
    await device.ready();
  });
});
