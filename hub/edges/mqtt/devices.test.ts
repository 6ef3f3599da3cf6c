import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeviceList, type DeviceCredential } from '#protocol/http/devices.ts';
import { until } from '#platform/testing/until.ts';
import { passwordOf, registerDevice } from '../../testing/device-site.ts';
import { startMqttHub } from '../../testing/raw-mqtt.ts';

const VERSIONS = [
  ['3.1', { protocolId: 'MQIsdp', protocolVersion: 3 }],
  ['3.1.1', { protocolVersion: 4 }],
  ['5', { protocolVersion: 5 }],
] as const satisfies readonly (readonly [string, IClientOptions])[];

/** A stock client over TLS, which does not come back by itself. */
async function stockClient(
  address: string | undefined,
  { device, secret, ca }: DeviceCredential,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const shown =
    secret.kind === 'password'
      ? { username: device.clientId, password: secret.password }
      : { cert: secret.certificate, key: secret.privateKey ?? '' };
  const client = await mqtt.connectAsync(
    address ?? '',
    { clientId: device.clientId, ca, reconnectPeriod: 0, ...shown, ...options },
    false,
  );
  client.on('error', () => undefined);
  onTestFinished(async () => {
    await client.endAsync(true);
  });
  return client;
}

describe.each(VERSIONS)('a device with a stock client of MQTT %s', (_, version) => {
  it('publishes by its certificate at its own topics, and is out once it is unregistered', async () => {
    const { hub, owner, siteId, token, connected } = await startMqttHub();
    const made = await registerDevice(owner, { credential: { kind: 'certificate' } });
    const { id, clientId } = made.device;
    const reader = await connected(await token('read'));
    const subscriptions = [{ topic: `${clientId}/#`, qos: 1 as const }];
    reader.send({ cmd: 'subscribe', messageId: 1, subscriptions });
    await reader.next('suback');
    const client = await stockClient(hub.addresses.mqtts, made, version);
    await client.publishAsync('temperature', '21.4', { qos: 1 });
    const { topic, payload } = await reader.next('publish');
    expect([topic, payload.toString()]).toEqual([`${clientId}/temperature`, '21.4']);
    const path = `/api/sites/${siteId}/devices`;
    const { devices } = await owner.client.request(DeviceList, { path });
    expect(devices.map(({ presence }) => presence.state)).toEqual(['online']);

    let isClosed = false;
    client.on('close', () => {
      isClosed = true;
    });
    await owner.client.done({ method: 'DELETE', path: `/api/devices/${id}` });
    await until('its connection ends', () => isClosed);
    await expect(stockClient(hub.addresses.mqtts, made, version)).rejects.toThrow();
  });

  it('gets nothing of another device, and no device the topics of its own', async () => {
    const { hub, owner } = await startMqttHub();
    const [a, b] = [await registerDevice(owner), await registerDevice(owner)];
    expect(passwordOf(a)).not.toBe(passwordOf(b));
    const spy = await stockClient(hub.addresses.mqtts, b, version);
    const got: string[] = [];
    spy.on('message', (topic) => got.push(topic));
    await spy.subscribeAsync('#', { qos: 1 });
    const client = await stockClient(hub.addresses.mqtts, a, version);
    await client.publishAsync('x', 'of a', { qos: 1, retain: true });
    await client.publishAsync(`${b.device.clientId}/x`, 'of a', { qos: 1, retain: true });
    await spy.publishAsync('own', 'of b', { qos: 1 });
    await until('its own arrives', () => got.includes('own'));
    expect(got).toEqual(['own']);
  });

  it('connects under no other id, nor does anybody under its own', async () => {
    const { hub, owner, token } = await startMqttHub();
    const [a, b] = [await registerDevice(owner), await registerDevice(owner)];
    const client = await stockClient(hub.addresses.mqtts, a, version);
    let isClosed = false;
    client.on('close', () => {
      isClosed = true;
    });
    const { clientId } = a.device;
    await expect(stockClient(hub.addresses.mqtts, b, { ...version, clientId })).rejects.toThrow();
    const password = await token();
    await expect(
      stockClient(hub.addresses.mqtts, b, { ...version, clientId, password }),
    ).rejects.toThrow();
    await client.publishAsync('x', 'still here', { qos: 1 });
    expect(isClosed).toBe(false);
  });
});
