import type { IConnectPacket } from 'mqtt-packet';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { DeviceView, type DeviceCredential } from '#protocol/http/devices.ts';
import { atTestEnd, CleanupStack } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { passwordOf } from '../../hub/testing/device-site.ts';
import { messagesOf, published, subscribed } from '../../hub/testing/mqtt-packets.ts';
import { RawMqtt } from '../../hub/testing/raw-mqtt.ts';
import {
  entered,
  foreignCertificate,
  type MqttTarget,
  registered,
  secureSocket,
  startMqttTarget,
  tokenOf,
} from './mqtt-target.ts';

/** One hub for the file, as a process; each test has devices of its own. */
const started: { target?: MqttTarget } = {};
const START_MS = 120_000;

beforeAll(async () => {
  const cleanup = new CleanupStack();
  started.target = await startMqttTarget(cleanup);
  return () => cleanup.run();
}, START_MS);

function target(): MqttTarget {
  if (!started.target) throw new Error('not started');
  return started.target;
}

let count = 0;

/** A sensor and a spy, with ids that nobody else has. */
async function pair(request: object = {}) {
  count += 1;
  const sensor = await registered(target(), `sensor-${count}`, request);
  const spy = await registered(target(), `spy-${count}`, request);
  return { sensor, spy, own: sensor.device.clientId };
}

type Connect = Parameters<RawMqtt['connect']>[1];

async function entry(secret: string, options: Connect): Promise<RawMqtt> {
  const client = new RawMqtt(target().port);
  await client.connect(secret, options);
  return client;
}

async function enter(made: DeviceCredential, options: Connect = {}): Promise<RawMqtt> {
  const { clientId } = made.device;
  return await entry(passwordOf(made), { clientId, username: clientId, version: 5, ...options });
}

/** The code of a refusal, or of the entry; undefined: cut off without an answer. */
async function codeOf(secret: string, options: Connect): Promise<number | undefined> {
  const client = new RawMqtt(target().port);
  onTestFinished(() => void client.socket.destroy());
  const answer = client.connect(secret, options).then(
    ({ reasonCode, returnCode }) => reasonCode ?? returnCode,
    () => undefined,
  );
  return await Promise.race([answer, client.closed().then(() => undefined)]);
}

/** The answer to a ping has come, and so has all before it; or the connection has ended. */
async function answeredOrCut(client: RawMqtt): Promise<void> {
  await until('answered, or cut off', () => {
    const index = client.received.findIndex(({ cmd }) => cmd === 'pingresp');
    if (index !== -1) client.received.splice(0, index + 1);
    return index !== -1 || client.isClosed;
  });
}

/** Names of a topic of the sensor, spelled in every way that might lead there. */
function spellings(own: string, site: string): readonly string[] {
  const [first = '', ...rest] = own;
  const fullWidth = String.fromCodePoint((first.codePointAt(0) ?? 0) + 0xfee0) + rest.join('');
  return [
    ...[`${own}/x`, `site/${site}/${own}/x`, `server/${own}/x`, `site/${site}/server/${own}/x`],
    ...[`sb/1/${site}/${own}/x`, `site/${site}/sb/1/${site}/${own}/x`, `shared/${own}/x`],
    ...[`/${own}/x`, `./${own}/x`, `../${own}/x`, `site/${site}/../${site}/${own}/x`],
    ...[`site//${own}/x`, `site/${site}//${own}/x`, `site/${site.toUpperCase()}/${own}/x`],
    ...[
      `%${first.codePointAt(0)?.toString(16) ?? ''}${rest.join('')}/x`,
      `site%2f${site}/${own}/x`,
    ],
    ...[
      own.toUpperCase() + '/x',
      `${own} /x`,
      `${own}\u200b/x`,
      `${fullWidth}/x`,
      `\ufeff${own}/x`,
    ],
    ...[`$SYS/${own}/x`, `$share/g/${own}/x`, `$share/${own}/x`, `$queue/${own}/x`, `$${own}/x`],
  ];
}

const WIDE = ['#', '+/#', '+/+', '+/+/+', 'site/#', 'site/+/#', 'server/#', 'sb/#', 'shared/#'];

describe('topics of another device', () => {
  it('bring nothing, whatever is subscribed to: live, retained, queued, shared, or of a will', async () => {
    const { siteId } = target();
    const { sensor, spy, own } = await pair();
    const kept = { clean: false, properties: { sessionExpiryInterval: 600 } };
    const author = await enter(sensor);
    await published(author, 'x', { retain: true, payload: 'secret' });
    const spying = await enter(spy, kept);
    const names = [...spellings(own, siteId), ...WIDE];
    const wide = names.map((name) => name.replace(/\/x$/, '/#'));
    const shares = [...names, ...wide]
      .filter((name) => !name.startsWith('$'))
      .map((name) => `$share/group/${name}`);
    for (const topic of [...names, ...wide, ...shares]) {
      await subscribed(spying, [{ topic, qos: 2 }]);
    }
    for (const qos of [0, 1, 2] as const) await published(author, 'x', { qos, payload: 'secret' });
    for (const place of ['server', `sb/1/${siteId}`])
      await published(author, `${place}/${own}/x`, { payload: 'secret', retain: true });
    const will = { topic: 'x', payload: Buffer.from('secret'), qos: 1 as const, retain: true };
    const dying = await enter(sensor, { will });
    dying.socket.destroy();
    const owner = await entry((await tokenOf(target().owner, 'read', [siteId])).secret, {});
    await subscribed(owner, [{ topic: `${own}/#`, qos: 1 }]);
    await until('the will was published', async () =>
      (await messagesOf(owner)).some(({ topic }) => topic.endsWith(`${own}/x`)),
    );
    const secrets = async (client: RawMqtt): Promise<string[]> =>
      (await messagesOf(client))
        .filter(({ payload }) => String(payload) === 'secret')
        .map(({ topic }) => topic);
    expect(await secrets(spying)).toEqual([]);
    spying.socket.destroy();
    await spying.closed();
    const again = await enter(sensor);
    await published(again, 'x', { payload: 'secret' });
    expect(await secrets(await enter(spy, kept))).toEqual([]);
  });

  it('are written by nobody else: plain, retained, emptied, at QoS 2, by a will or as a response', async () => {
    const { siteId } = target();
    const { sensor, spy, own } = await pair();
    const listening = await enter(sensor);
    await published(listening, 'x', { retain: true, payload: 'own' });
    await subscribed(listening, [
      { topic: '#', qos: 2 },
      { topic: `server/${own}/#`, qos: 2 },
      { topic: `sb/1/${siteId}/${own}/#`, qos: 2 },
    ]);
    await messagesOf(listening);
    for (const version of [4, 5] as const) {
      let client = await enter(spy, { version });
      const attempts = spellings(own, siteId).flatMap((topic) =>
        ([0, 1, 2] as const).map((qos) => ({ topic, qos })),
      );
      for (const { topic, qos } of attempts) {
        // Before MQTT 5 nothing else says no.
        if (client.isClosed) client = await enter(spy, { version });
        const id = qos === 0 ? {} : { messageId: 9 };
        const packet = { cmd: 'publish', topic, qos, dup: false, ...id } as const;
        client.send({ ...packet, retain: qos === 1, payload: qos === 1 ? '' : 'forged' });
        client.send({ cmd: 'pingreq' });
        await answeredOrCut(client);
        if (qos === 2 && !client.isClosed) client.send({ cmd: 'pubrel', messageId: 9 });
      }
    }
    for (const topic of spellings(own, siteId)) {
      const will = { topic, payload: Buffer.from('forged'), qos: 1 as const };
      const { clientId } = spy.device;
      await codeOf(passwordOf(spy), { clientId, username: clientId, version: 5, will });
    }
    const requester = await enter(spy);
    const properties = {
      responseTopic: `site/${siteId}/${own}/x`,
      correlationData: Buffer.from('1'),
    };
    await published(requester, 'question', { properties });
    await requester.untilQuiet();
    const came = (await messagesOf(listening)).map(
      ({ topic, payload }) => `${topic} ${String(payload)}`,
    );
    expect(came).toEqual([]);
    const reader = await enter(sensor);
    await subscribed(reader, [{ topic: 'x', qos: 1 }]);
    expect((await messagesOf(reader)).map(({ payload }) => String(payload))).toEqual(['own']);
  }, 60_000);

  it('bring nothing more once they are not its own any more: neither live nor what is queued', async () => {
    const { sensor, spy } = await pair({ topicSpace: `space-${count + 1}` });
    const kept = { clean: false, properties: { sessionExpiryInterval: 600 } };
    const author = await enter(sensor);
    const reading = await enter(spy, kept);
    await subscribed(reading, [{ topic: 'gps', qos: 2 }]);
    await published(author, 'gps', { payload: 'before' });
    expect(await messagesOf(reading)).toHaveLength(1);
    reading.socket.destroy();
    await reading.closed();
    await published(author, 'gps', { payload: 'queued' });
    const { owner } = target();
    await owner.send('PATCH', `/api/devices/${spy.device.id}`, { body: { topicSpace: null } });
    const back = await enter(spy, kept);
    await published(author, 'gps', { payload: 'live' });
    expect(await messagesOf(back)).toEqual([]);
  });

  it('at names that no topic has are granted to nobody', async () => {
    const { spy, own } = await pair();
    for (const topic of [`${own}\0/x`, '\0', `${own}/\ud800`]) {
      const client = await enter(spy);
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] });
      await until('refused or closed', () => client.isClosed || client.received.length > 0);
      const granted = client.received.flatMap((packet) =>
        packet.cmd === 'suback' ? packet.granted.map(Number) : [],
      );
      expect(granted.filter((code) => code < 0x80)).toEqual([]);
    }
  });
});

describe('the name of another device', () => {
  it('opens nothing: neither as client id nor as user name, and its owner stays connected', async () => {
    const { sensor, spy, own } = await pair();
    const there = await enter(sensor);
    const secret = passwordOf(spy);
    const names = [
      own,
      own.toUpperCase(),
      `${own} `,
      ` ${own}`,
      `${own}\u200b`,
      `${own}/`,
      '+',
      '#',
    ];
    for (const clientId of names) {
      for (const username of [own, spy.device.clientId, 'any']) {
        const code = await codeOf(secret, { clientId, username, version: 5 });
        expect(code === undefined || code >= 0x80, `${clientId}, ${username}`).toBe(true);
      }
    }
    for (const username of [own, own.toUpperCase(), `${spy.device.clientId}\0`, '%', '*']) {
      const code = await codeOf(secret, { clientId: spy.device.clientId, username, version: 5 });
      expect(code === undefined || code >= 0x80, username).toBe(true);
    }
    // Software with a token, too, may not sit where a device has its place.
    const { secret: token } = await tokenOf(target().owner, 'control', [target().siteId]);
    const taken = await codeOf(token, { clientId: own, username: own, version: 5 });
    expect(taken === undefined || taken >= 0x80).toBe(true);
    await there.untilQuiet();
    expect(there.isClosed).toBe(false);
  });

  it('in a certificate that the hub has not signed opens nothing', async () => {
    const { own } = await pair();
    const forged = foreignCertificate(atTestEnd, own);
    const socket = await secureSocket(target(), atTestEnd, forged);
    expect(await entered(socket, { clientId: own })).not.toBe(0);
  });

  it('beside a certificate of its own opens nothing', async () => {
    const { sensor, own } = await pair();
    count += 1;
    const other = await registered(target(), `third-${count}`, {
      credential: { kind: 'certificate' },
    });
    if (other.secret.kind !== 'certificate') throw new Error('not a certificate');
    const identity = { cert: other.secret.certificate, key: other.secret.privateKey ?? '' };
    const attempts: (Partial<IConnectPacket> & { readonly clientId: string })[] = [
      { clientId: own },
      { clientId: own, username: own, password: Buffer.from(passwordOf(sensor)) },
      { clientId: other.device.clientId, username: own, password: Buffer.from(passwordOf(sensor)) },
    ];
    for (const attempt of attempts) {
      const socket = await secureSocket(target(), atTestEnd, identity);
      expect(await entered(socket, attempt), JSON.stringify(attempt)).not.toBe(0);
    }
  });
});

describe('what was revoked', () => {
  it('does not come back with a TLS session that is resumed', async () => {
    const { owner } = target();
    count += 1;
    const made = await registered(target(), `tls-${count}`, {
      credential: { kind: 'certificate' },
    });
    if (made.secret.kind !== 'certificate') throw new Error('not a certificate');
    const { clientId, id } = made.device;
    const identity = { cert: made.secret.certificate, key: made.secret.privateKey ?? '' };
    const first = await secureSocket(target(), atTestEnd, identity);
    let session: Buffer | undefined;
    first.on('session', (ticket: Buffer) => (session = ticket));
    expect(await entered(first, { clientId })).toBe(0);
    await until('there is a ticket', () => session !== undefined);
    const { credentials } = await owner.get(DeviceView, `/api/devices/${id}`);
    await owner.send('DELETE', `/api/devices/${id}/credentials/${credentials[0]?.id ?? ''}`);
    await until('its connection has ended', () => first.destroyed || first.readableEnded);
    const second = await secureSocket(target(), atTestEnd, { session });
    expect(second.isSessionReused()).toBe(true);
    expect(await entered(second, { clientId })).not.toBe(0);
  });

  it('is cut off: a device, and software by its token', async () => {
    const { owner, siteId } = target();
    const { sensor } = await pair();
    const device = await enter(sensor);
    await owner.send('DELETE', `/api/devices/${sensor.device.id}`);
    await device.closed();
    const code = await codeOf(passwordOf(sensor), { clientId: sensor.device.clientId, version: 5 });
    expect(code === undefined || code >= 0x80).toBe(true);
    const token = await tokenOf(owner, 'control', [siteId]);
    const app = await entry(token.secret, { version: 5 });
    await owner.send('DELETE', `/api/account/tokens/${token.token.id}`);
    await app.closed();
    const after = await codeOf(token.secret, { clientId: 'app', version: 5 });
    expect(after === undefined || after >= 0x80).toBe(true);
  });
});

describe('software', () => {
  /** What a token does at a topic of a device: hears it, and writes there. */
  async function powers(secret: string, own: string, author: RawMqtt) {
    const { siteId } = target();
    const app = await entry(secret, { version: 5 });
    const whole = `site/${siteId}/${own}`;
    await subscribed(app, [{ topic: `${whole}/heard`, qos: 1 }]);
    await published(author, 'heard');
    const hears = (await messagesOf(app)).length > 0;
    const code = await published(app, `${whole}/written`);
    const writes = (await messagesOf(author)).length > 0;
    expect(writes, 'its answer says the truth').toBe(code < 0x80);
    app.socket.destroy();
    return { hears, writes };
  }

  it('does what the scope of its token, its sites and the role of its person allow', async () => {
    const { owner, guest, siteId, otherSiteId } = target();
    const { sensor, own } = await pair();
    const author = await enter(sensor);
    await subscribed(author, [{ topic: 'written', qos: 1 }]);
    const may = async (by: typeof owner, scope: 'read' | 'control', site = siteId) =>
      await powers((await tokenOf(by, scope, [site])).secret, own, author);
    expect(await may(owner, 'control')).toEqual({ hears: true, writes: true });
    expect(await may(owner, 'read')).toEqual({ hears: true, writes: false });
    expect(await may(owner, 'control', otherSiteId)).toEqual({ hears: false, writes: false });
    expect(await may(guest, 'control')).toEqual({ hears: true, writes: false });
    expect(await may(guest, 'read')).toEqual({ hears: true, writes: false });
  });

  it('is nobody without a secret, also on this machine', async () => {
    for (const options of [
      { username: 'admin', password: Buffer.from('admin') },
      { username: '', password: Buffer.alloc(0) },
    ]) {
      const code = await codeOf('', { version: 5, clientId: 'nobody', ...options });
      expect(code === undefined || code >= 0x80).toBe(true);
    }
  });

  it('of another origin gets no WebSocket', async () => {
    const { hub } = target();
    const url = `${hub.url.replace(/^http/, 'ws')}/mqtt`;
    const attempt = async (headers: Readonly<Record<string, string>>): Promise<number> => {
      const socket = new WebSocket(url, ['mqtt'], { headers, ca: hub.ca });
      onTestFinished(() => socket.terminate());
      return await new Promise((resolve) => {
        socket.once('open', () => resolve(101));
        socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
        socket.on('error', () => undefined);
      });
    };
    const foreign = ['https://evil.example', `${hub.url}.evil.example`, 'null', hub.httpUrl];
    for (const origin of foreign) expect(await attempt({ origin }), origin).toBe(403);
    expect(await attempt({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await attempt({ origin: hub.url })).toBe(101);
  });
});
