import { connectAsync, type IClientOptions } from 'mqtt';
import { expect, inject, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '#platform/testing/until.ts';
import { startMqttHub } from '../../testing/raw-mqtt.ts';
import { MQTT_PATH } from './web-socket-clients.ts';

interface Attempt {
  readonly subprotocol?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The status of a refusal; or the socket, which is open. */
async function attempt(url: string, { subprotocol, headers = {} }: Attempt) {
  const protocols = subprotocol === undefined ? [] : [subprotocol];
  const socket = new WebSocket(url, protocols, { headers, rejectUnauthorized: false });
  onTestFinished(() => {
    socket.terminate();
  });
  return await new Promise<number | WebSocket>((resolve) => {
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
    socket.on('error', () => undefined);
  });
}

it('stock clients of every version connect by WebSocket, on the ports of HTTP', async () => {
  const { hub, token } = await startMqttHub({ config: { mqttsPort: 'off' } });
  const password = await token();
  const { https, http } = hub.addresses;
  const urls = [https, http].map((url) => `${url.replace(/^http/, 'ws')}${MQTT_PATH}`);
  for (const url of urls) {
    for (const protocolVersion of [3, 4, 5] as const) {
      const options: IClientOptions = {
        ...{ protocolVersion, password, username: 'any', reconnectPeriod: 0 },
        protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
        rejectUnauthorized: false,
      };
      const client = await connectAsync(url, options);
      onTestFinished(() => void client.end(true));
      const got: number[] = [];
      client.on('message', (_topic, payload) => got.push(payload.length));
      await client.subscribeAsync('t/#', { qos: 1 });
      await client.publishAsync('t/small', 'x', { qos: 2 });
      // More than one frame of many clients, and than what a socket holds.
      await client.publishAsync('t/large', Buffer.alloc(200_000), { qos: 1 });
      await until('both', () => got.length === 2);
      expect(got).toEqual([1, 200_000]);
      await client.endAsync();
    }
  }
  await until('none is left', () => hub.gauges()['mqtt.connections'] === 0);
});

it('refuses pages of others, what does not speak MQTT, and everybody once the hub leaves', async () => {
  const { hub, token, connected } = await startMqttHub();
  const url = `${hub.addresses.https.replace(/^http/, 'ws')}${MQTT_PATH}`;
  const subprotocol = 'mqtt';
  const own = hub.addresses.https;
  expect(await attempt(url, { subprotocol, headers: { origin: 'https://evil.example' } })).toBe(
    403,
  );
  expect(await attempt(url, { subprotocol, headers: { origin: hub.addresses.http } })).toBe(403);
  expect(await attempt(url, { subprotocol, headers: { 'sec-fetch-site': 'cross-site' } })).toBe(
    403,
  );
  expect(await attempt(url, {})).toBe(400);
  expect(await attempt(url, { subprotocol: 'chat' })).toBe(400);
  expect(await attempt(`${url}/x`, { subprotocol })).toBe(400);
  const ends = ['text', Buffer.alloc(400_000), Buffer.from([0xff, 0xff])].map(async (message) => {
    const socket = await attempt(url, { subprotocol, headers: { origin: own } });
    if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
    const closed = new Promise((resolve) => void socket.once('close', resolve));
    socket.send(message);
    await closed;
  });
  await Promise.all(ends);
  const left = await attempt(url, { subprotocol });
  if (typeof left === 'number') throw new Error(`refused with ${left}`);
  const closed = new Promise((resolve) => void left.once('close', resolve));
  const newer = await connected(await token(), { version: 5 });
  const older = await connected(await token());
  await hub.drain(AbortSignal.abort());
  await closed;
  // MQTT 5 says why: here that it stops, among others that there are others.
  const isShared = inject('engine') === 'postgres';
  expect((await newer.next('disconnect')).reasonCode).toBe(isShared ? 0x9c : 0x8b);
  await Promise.all([newer.closed(), older.closed()]);
});
