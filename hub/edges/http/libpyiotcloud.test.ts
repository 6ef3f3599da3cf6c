import { connect } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { DeviceList, DeviceCredential } from '#protocol/http/devices.ts';
import { until } from '#platform/testing/until.ts';
import { passwordOf, registerDevice } from '../../testing/device-site.ts';
import {
  deviceName,
  type Firmware,
  ft900,
  LibpyiotcloudBoard,
} from '../../testing/libpyiotcloud-board.ts';
import { LibpyiotcloudClient } from '../../testing/libpyiotcloud-client.ts';
import type { Version } from '../../testing/raw-mqtt.ts';
import { sharedMqttHub } from '../../testing/shared-mqtt-hub.ts';
import { PASSWORD, signUpOther } from '../../testing/test-hub.ts';

const { theHub, cut } = sharedMqttHub({ config: { libpyiotcloudRoot: 'on' } });
const USER = 'ada@example.org';
const SILENT = { status: 400, text: 'Device is not running!' };
const Registered = z.object({
  ...{ deviceid: z.string(), cert: z.string(), pkey: z.string(), ca: z.string() },
});
const GONE = { status: 400, text: 'Device is not registered!' };

/** The API is on, and its client signed in. */
async function signedIn(prefix = '/libpyiotcloud'): Promise<LibpyiotcloudClient> {
  const { owner, siteId } = theHub();
  const path = '/api/account/libpyiotcloud';
  await owner.client.done({ method: 'PUT', path, body: { siteId } });
  const client = clientOf(prefix);
  expect(await client.logIn(PASSWORD)).toBe('OK');
  return client;
}

function clientOf(prefix = '/libpyiotcloud'): LibpyiotcloudClient {
  return new LibpyiotcloudClient(theHub().hub.addresses.http, { username: USER, prefix });
}

/** A board that is registered and connected. */
async function boardOf(name: string, { firmware = ft900(), version = 3 }: BoardOptions = {}) {
  const hub = theHub();
  const clientId = Array.from({ length: 40 }, () => Math.floor(Math.random() * 16).toString(16));
  const made = await registerDevice(hub.owner, { name, clientId: clientId.join('') });
  const { deviceid, password } = { deviceid: clientId.join(''), password: passwordOf(made) };
  return await LibpyiotcloudBoard.connect(hub, { deviceid, password, version, firmware });
}

interface BoardOptions {
  readonly firmware?: Firmware;
  readonly version?: Version;
}

describe('an account', () => {
  it('is served from when it is switched on until it is switched off', async () => {
    const { owner } = theHub();
    const path = '/api/account/libpyiotcloud';
    await owner.client.done({ method: 'PUT', path, body: { siteId: null } });
    expect(await clientOf().logIn(PASSWORD)).toBe('NG, password is incorrect');
    const client = await signedIn();
    expect((await client.devices()).status).toBe('OK');
    await owner.client.done({ method: 'PUT', path, body: { siteId: null } });
    expect((await client.devices()).status).toBe('NG, secret is incorrect');
    expect(await client.call('get_status', 'any')).toEqual({
      ...{ status: 400, text: 'Device secret is not valid!' },
    });
    await signedIn();
    expect((await client.devices()).status).toBe('NG, secret is incorrect');
  });

  it('is as wrong as a password: nobody learns which there are', async () => {
    await signedIn();
    const client = clientOf();
    expect(await client.logIn('not the password')).toBe('NG, password is incorrect');
    expect(client.secret).toBe('Unknown');
    const nobody = new LibpyiotcloudClient(theHub().hub.addresses.http, {
      username: 'eve@example.org',
    });
    expect(await nobody.logIn(PASSWORD)).toBe('NG, password is incorrect');
    expect(await nobody.signUp(PASSWORD)).toBe('NG, sign-up is closed');
  });

  it('has a secret that is no other account’s, and is seen and revoked as an API token', async () => {
    const client = await signedIn();
    const other = new LibpyiotcloudClient(theHub().hub.addresses.http, {
      username: 'eve@example.org',
    });
    other.secret = client.secret;
    expect((await other.devices()).status).toBe('NG, secret is incorrect');
    const { client: person } = theHub().owner;
    const list = z.object({ tokens: z.array(z.object({ id: z.string(), name: z.string() })) });
    const { tokens } = await person.request(list, { path: '/api/account/tokens' });
    const own = tokens.filter(({ name }) => name === 'libpyiotcloud');
    expect(own.length).toBeGreaterThan(0);
    for (const { id } of own) {
      await person.done({ method: 'DELETE', path: `/api/account/tokens/${id}` });
    }
    expect((await client.devices()).status).toBe('NG, secret is incorrect');
  });

  it('has ten secrets at most', async () => {
    const client = await signedIn();
    const first = client.secret;
    for (let round = 0; round < 10; round += 1) await client.logIn(PASSWORD);
    expect((await client.devices()).status).toBe('OK');
    client.secret = first;
    expect((await client.devices()).status).toBe('NG, secret is incorrect');
  });

  it('has the devices of its own site only', async () => {
    await signedIn();
    const name = deviceName();
    await boardOf(name);
    const { hub, owner } = theHub();
    const person = await signUpOther(hub, owner);
    const site = await person.request(z.object({ id: z.string() }), {
      path: '/api/sites',
      body: { name: 'Elsewhere' },
    });
    const path = '/api/account/libpyiotcloud';
    expect(await person.refused({ method: 'PUT', path, body: { siteId: owner.siteId } })).toBe(
      'site_unknown',
    );
    await person.done({ method: 'PUT', path, body: { siteId: site.id } });
    const { user } = await person.request(z.object({ user: z.object({ email: z.string() }) }), {
      path: '/api/session',
    });
    const other = new LibpyiotcloudClient(hub.addresses.http, { username: user.email });
    expect(await other.logIn(PASSWORD)).toBe('OK');
    expect((await other.devices())['devices']).toEqual([]);
    expect(await other.call('get_status', name)).toEqual(GONE);
    expect((await other.unregister(name)).status).toBe('NG, device not registered');
  });
});

describe('a device', () => {
  it('is registered once, has its key once, and connects with it as MQTT 3.1', async () => {
    const client = await signedIn();
    const name = deviceName();
    const made = await client.register(name);
    expect(Object.keys(made)).toEqual(['status', 'devicename', 'deviceid', 'cert', 'pkey', 'ca']);
    expect(made['deviceid']).toMatch(/^[0-9a-f]{40}$/);
    expect((await client.register(name)).status).toBe('NG, device already registered');
    const devices = z
      .array(z.record(z.string(), z.string()))
      .parse((await client.devices())['devices']);
    expect(devices.find(({ devicename }) => devicename === name)).toEqual({
      ...{ devicename: name, deviceid: made['deviceid'], cert: made['cert'], pkey: '' },
    });
    // As the JavaScript simulator connects; brokers of its time had this user.
    const { deviceid, cert, pkey, ca } = Registered.parse(made);
    const url = theHub().hub.addresses.mqtts ?? '';
    const device = connect(url.replace('localhost', '127.0.0.1'), {
      ...{ clientId: deviceid, protocolId: 'MQIsdp', protocolVersion: 3 },
      ...{ username: 'guest', password: 'guest', cert, key: pkey, ca, rejectUnauthorized: false },
      ...{ reconnectPeriod: 0, minVersion: 'TLSv1.2' },
    });
    onTestFinished(() => void device.end(true));
    await new Promise<void>((resolve, reject) => {
      device.on('connect', () => resolve());
      device.on('error', reject);
    });
    await device.subscribeAsync(`${deviceid}/#`, { qos: 1 });
    device.on('message', (topic, payload) => {
      const api = topic.split('/')[1] ?? '';
      const answer = ft900()(api, payload.toString());
      if (answer !== undefined) device.publish(`server/${deviceid}/${api}`, answer, { qos: 1 });
    });
    expect(await client.call('get_mac', name)).toEqual({
      ...{ status: 200, text: '{"value": "AA:BB:CC:DD:EE:FF"}' },
    });
    const closed = new Promise<void>((resolve) => device.on('close', () => resolve()));
    expect((await client.unregister(name)).status).toBe('OK');
    await closed;
    expect((await client.unregister(name)).status).toBe('NG, device not registered');
    expect(await client.call('get_mac', name)).toEqual(GONE);
  });

  it('has its certificate in the list as long as it counts', async () => {
    const client = await signedIn();
    const name = deviceName();
    await client.register(name);
    const { owner, siteId } = theHub();
    const { devices } = await owner.client.request(DeviceList, {
      path: `/api/sites/${siteId}/devices`,
    });
    const device = devices.find((one) => one.name === name);
    await owner.client.request(DeviceCredential, {
      path: `/api/devices/${device?.id ?? ''}/credentials`,
      body: { credential: { kind: 'password' }, revokeOthers: true },
    });
    const listed = z
      .array(z.record(z.string(), z.string()))
      .parse((await client.devices())['devices']);
    expect(listed.find(({ devicename }) => devicename === name)?.['cert']).toBe('');
  });
});

describe.each([3, 4, 5] as const)('a board that speaks MQTT (protocol %i)', (version) => {
  it('answers each call of the client, with the bytes of its own', async () => {
    const client = await signedIn();
    const name = deviceName();
    const board = await boardOf(name, { version });
    const call = async (api: string, args: object = {}) => {
      const { status, text } = await client.call(api, name, args);
      return `${status} ${text}`;
    };
    expect(await call('get_status')).toBe('200 {"status": "running"}');
    expect(await call('set_gpio', { number: 12, value: 1 })).toBe('200 {"number": 12, "value": 1}');
    expect(await call('get_gpio', { number: 12 })).toBe('200 {"number": 12, "value": 1}');
    expect(await call('set_rtc', { value: 1_561_970_001 })).toBe('200 {"value": 1561970001}');
    expect(await call('get_rtc')).toBe('200 {"value": 1561970001}');
    expect(await call('get_ip')).toBe('200 {"value": "192.168.1.5"}');
    expect(await call('get_subnet')).toBe('200 {"value": "255.255.255.0"}');
    expect(await call('get_gateway')).toBe('200 {"value": "192.168.1.1"}');
    expect(await call('write_uart', { data: 'Hello World!' })).toBe('200 {"data": "Hello World!"}');
    expect(await call('write_uart', { data: 'more than its buffer has' })).toBe(
      '400 Device answer is not valid!',
    );
    expect(await call('set_status', { status: 'restart' })).toBe('200 {"status": "restarting"}');
    expect(await call('reset_device')).toBe('200 {"status": "restarting"}');
    expect(board.requests).toEqual([
      'get_status {}',
      'set_gpio {"number": 12, "value": 1}',
      'get_gpio {"number": 12}',
      'set_rtc {"value": 1561970001}',
      ...['get_rtc {}', 'get_ip {}', 'get_subnet {}', 'get_gateway {}'],
      'write_uart {"data": "Hello World!"}',
      'write_uart {"data": "more than its buffer has"}',
      'set_status {"status": "restart"}',
      'set_status {"status": "restart"}',
    ]);
  });
});

describe('a call', () => {
  it('is served at / where the hub has that switched on', async () => {
    const client = await signedIn('');
    const name = deviceName();
    await boardOf(name);
    expect((await client.call('get_status', name)).text).toBe('{"status": "running"}');
    const { text } = await clientOf().send('GET', '', {});
    expect(text).toBe('Hello, World!');
  });

  it('of a board that is away ends at once; with the last answer, where that is wanted', async () => {
    const client = await signedIn();
    const name = deviceName();
    const board = await boardOf(name);
    const cached = { number: 12, cached: true };
    await client.call('set_gpio', name, { number: 12, value: 1 });
    await client.call('get_gpio', name, { number: 12 });
    await cut(board.socket);
    expect(await client.call('get_gpio', name, { number: 12 })).toEqual(SILENT);
    const { status, text } = await client.call('get_gpio', name, cached);
    expect(status).toBe(503);
    const Cached = z.object({ cached: z.object({ answer: z.unknown(), timestamp: z.int() }) });
    const { cached: last } = Cached.parse(JSON.parse(text));
    expect(last.answer).toEqual({ number: 12, value: 1 });
    expect(Math.abs(last.timestamp - Date.now() / 1_000)).toBeLessThan(60);
    const other = await client.call('get_gpio', name, { ...cached, number: 13 });
    expect(JSON.parse(other.text)).toMatchObject({ cached: null });
  });

  it('ends when its board is unregistered', async () => {
    const client = await signedIn();
    const name = deviceName();
    const board = await boardOf(name);
    board.hold();
    const calls = [client.call('get_status', name), client.call('get_status', name)];
    await until('it is sent', () => board.requests.length > 0);
    expect((await client.unregister(name)).status).toBe('OK');
    expect(await Promise.all(calls)).toEqual([GONE, GONE]);
  });

  it('is answered by its board alone', async () => {
    const client = await signedIn();
    const name = deviceName();
    const board = await boardOf(name);
    const other = await boardOf(deviceName());
    board.hold();
    const call = client.call('get_status', name);
    await until('it is sent', () => board.requests.length > 0);
    const { owner, siteId } = theHub();
    await owner.client.done({
      path: `/api/sites/${siteId}/topics/publish`,
      body: { topic: `server/${board.id}/get_status`, payload: '{"status": "forged"}', qos: 1 },
    });
    other.socket.send({
      ...{
        cmd: 'publish',
        topic: `server/${board.id}/get_status`,
        payload: '{"status": "forged"}',
      },
      ...{ qos: 0, dup: false, retain: false },
    });
    board.answer('get_status', '{"status": "running"}');
    expect((await call).text).toBe('{"status": "running"}');
  });

  it('without its arguments, or with wrong ones, is refused', async () => {
    const client = await signedIn();
    const name = deviceName();
    await boardOf(name);
    for (const args of [{}, { number: 'x' }, { number: 256 }]) {
      expect((await client.call('get_gpio', name, args)).status).toBe(400);
    }
    const { hub } = theHub();
    const raw = await hub.client().call({ path: '/libpyiotcloud/get_status' });
    expect([raw.status, raw.body]).toMatchObject([400, { code: 'malformed_json' }]);
  });

  it('crosses no other one: 100 callers at 10 boards', { timeout: 30_000 }, async () => {
    const client = await signedIn();
    const names = Array.from({ length: 10 }, deviceName);
    const counting = (name: string): Firmware => {
      let count = 0;
      return (_api, payload) => {
        const { number } = z.object({ number: z.int() }).parse(JSON.parse(payload));
        count += 1;
        return `{"number": ${number}, "value": ${count}, "board": "${name}"}`;
      };
    };
    await Promise.all(names.map((name) => boardOf(name, { firmware: counting(name) })));
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const name = names[index % names.length] ?? '';
        const number = Math.floor(index / 20);
        const { status, text } = await client.call('get_gpio', name, { number });
        expect(status).toBe(200);
        const Answer = z.object({ number: z.int(), value: z.int(), board: z.string() });
        const answer = Answer.parse(JSON.parse(text));
        expect([answer.board, answer.number]).toEqual([name, number]);
        return `${answer.board} ${answer.value}`;
      }),
    );
    // Each answer of each board went to one caller.
    expect(new Set(answers).size).toBe(100);
  });
});
