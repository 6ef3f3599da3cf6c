import { connect, type TLSSocket } from 'node:tls';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { generate } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeviceList, DeviceView, type DeviceCredential } from '#protocol/http/devices.ts';
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

/** A TLS connection by a device's certificate, or by what is left of an earlier one. */
async function secured(
  address: string,
  { secret, ca }: DeviceCredential,
  session: Buffer | undefined,
): Promise<TLSSocket> {
  if (secret.kind !== 'certificate') throw new Error('not a certificate');
  const identity =
    session === undefined
      ? { cert: secret.certificate, key: secret.privateKey ?? '' }
      : { session };
  const { hostname: host, port } = new URL(address);
  const socket = connect({ host, port: Number(port), ca, ...identity });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => void socket.once('secureConnect', resolve));
  return socket;
}

it('a certificate that is revoked does not come back with a TLS session that is resumed', async () => {
  const { hub, owner } = await startMqttHub();
  const made = await registerDevice(owner, { credential: { kind: 'certificate' } });
  const { clientId, id } = made.device;
  const address = hub.addresses.mqtts ?? '';
  const hello = generate({
    ...{ cmd: 'connect', clientId, clean: true, keepalive: 60 },
    ...{ protocolId: 'MQTT', protocolVersion: 4 },
  });
  /** The return code of CONNACK. */
  const enter = async (socket: TLSSocket): Promise<number | undefined> => {
    const answer = new Promise<Buffer>((resolve) => void socket.once('data', resolve));
    socket.write(hello);
    return (await answer)[3];
  };
  let session: Buffer | undefined;
  const first = await secured(address, made, undefined);
  first.on('session', (ticket: Buffer) => {
    session = ticket;
  });
  expect(await enter(first)).toBe(0);
  await until('there is a ticket', () => session !== undefined);
  const second = await secured(address, made, session);
  expect([second.isSessionReused(), await enter(second)]).toEqual([true, 0]);
  const { credentials } = await owner.client.request(DeviceView, { path: `/api/devices/${id}` });
  const path = `/api/devices/${id}/credentials/${credentials[0]?.id ?? ''}`;
  await owner.client.done({ method: 'DELETE', path });
  const third = await secured(address, made, session);
  expect([third.isSessionReused(), await enter(third)]).toEqual([true, 4]);
});

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
