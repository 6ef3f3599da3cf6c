import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { DeviceCredential } from '#protocol/http/devices.ts';
import { passwordOf, registerDevice } from '../../testing/device-site.ts';
import {
  messagesOf,
  published,
  publishPacket,
  retainedUpTo,
  shownTo,
  subscribed,
} from '../../testing/mqtt-packets.ts';
import type { RawMqtt } from '../../testing/raw-mqtt.ts';
import { sharedMqttHub } from '../../testing/shared-mqtt-hub.ts';

/** Each test registers devices of its own. */
const { theHub, cut, isEmpty } = sharedMqttHub();

const SPACE = 'room';

beforeEach(async () => {
  await isEmpty();
});

describe.each([4, 5] as const)('with protocol version %i', (version) => {
  const kept =
    version === 5
      ? { version, clean: false, properties: { sessionExpiryInterval: 600 } }
      : { version, clean: false };

  async function devices(topicSpace: string | null = null) {
    const { owner } = theHub();
    const [a, b] = [
      await registerDevice(owner, { topicSpace }),
      await registerDevice(owner, { topicSpace }),
    ];
    return { a, b };
  }

  async function connect(
    made: DeviceCredential,
    options: Parameters<RawMqtt['connect']>[1] = { version },
  ): Promise<RawMqtt> {
    const one = theHub().client();
    const { clientId } = made.device;
    await one.connect(passwordOf(made), { clientId, username: clientId, version, ...options });
    return one;
  }

  async function change({ device }: DeviceCredential, topicSpace: string | null): Promise<void> {
    const path = `/api/devices/${device.id}`;
    await theHub().owner.client.done({ method: 'PATCH', path, body: { topicSpace } });
  }

  it('a device gets nothing of another, whatever it subscribes to: live, retained or queued', async () => {
    const { siteId } = theHub();
    const { a, b } = await devices();
    const [idA, idB] = [a.device.clientId, b.device.clientId];
    const writer = await connect(a);
    await published(writer, 'old', { retain: true });
    const spy = await connect(b, kept);
    const filters = ['#', '+/+', 'sb/1/#', `site/${siteId}/#`, `site/${siteId}/+/x`, '+/#'];
    const codes = await subscribed(
      spy,
      filters.map((topic) => ({ topic, qos: 2 })),
    );
    expect(codes.map((code) => code < 0x80)).toEqual([true, true, false, false, false, true]);
    const secret = [`$share/g/site/${siteId}/${idA}/#`, `$share/g/${idA}/x`, '$share//x'];
    const refused = [
      ...secret,
      '$queue/x',
      '$exclusive/x',
      '$SYS/#',
      '$CONTROL/#',
      `site/${siteId}/${idA}/x`,
    ];
    const denied = await subscribed(
      spy,
      refused.map((topic) => ({ topic, qos: 1 })),
    );
    // Names of others lie among its own.
    expect(denied.map((code) => code < 0x80)).toEqual([
      ...[false, true, false, false, false, false, false, false],
    ]);
    for (const qos of [0, 1, 2] as const) await published(writer, 'x', { qos, retain: true });
    await published(writer, `server/${idA}/x`);
    expect(await messagesOf(spy)).toEqual([]);
    await cut(spy);
    await published(writer, 'x', { payload: 'while it was away' });
    expect(await messagesOf(await connect(b, kept))).toEqual([]);
    expect(idB).not.toBe(idA);
  });

  it('each filter of one SUBSCRIBE is decided by itself, and what is refused is not kept', async () => {
    const { siteId, token, connected } = theHub();
    const { a, b } = await devices();
    const spy = await connect(b, kept);
    const foreign = `site/${siteId}/${a.device.clientId}`;
    const filters = Array.from({ length: 10 }, (_, index) =>
      index === 4 ? 'own/#' : `${foreign}/${index}`,
    );
    const codes = await subscribed(
      spy,
      filters.map((topic) => ({ topic, qos: 1 })),
    );
    const refusal = version === 5 ? 0x87 : 0x80;
    expect(codes).toEqual(filters.map((_, index) => (index === 4 ? 1 : refusal)));
    await cut(spy);
    const app = await connected(await token(), { version });
    for (const [index, filter] of filters.entries()) {
      const topic =
        index === 4 ? `${b.device.clientId}/own/x` : filter.replace(/^site\/[^/]+\//, '');
      await published(app, topic, { payload: String(index) });
    }
    expect(await shownTo(await connect(b, kept))).toEqual(['own/x: 4']);
  });

  it('with its right a client loses what is queued, and what comes', async () => {
    const { a, b } = await devices(SPACE);
    const reader = await connect(b, kept);
    await subscribed(reader, [{ topic: 'gps', qos: 1 }]);
    const writer = await connect(a);
    await published(writer, 'gps', { payload: 'before' });
    expect(await shownTo(reader)).toEqual(['gps: before']);
    // While it is connected, with a message that it has not acknowledged.
    await published(writer, 'gps', { payload: 'unacknowledged' });
    await reader.next('publish');
    await change(b, null);
    await published(writer, 'gps', { payload: 'later' });
    expect(await messagesOf(reader)).toEqual([]);
    await cut(reader);
    await published(writer, 'gps', { payload: 'while it is away' });
    expect(await messagesOf(await connect(b, kept))).toEqual([]);
  });

  it('nobody publishes at topics of others: not retained, emptied, by alias, nor at QoS 2', async () => {
    const { siteId } = theHub();
    const { a, b } = await devices();
    const owned = await connect(a);
    await published(owned, 'r', { retain: true, payload: 'of a' });
    await subscribed(owned, [{ topic: '#', qos: 2 }]);
    await messagesOf(owned);
    const foreign = `site/${siteId}/${a.device.clientId}/r`;
    for (const more of [
      { qos: 0, retain: true },
      { qos: 1, retain: true, payload: '' },
      { qos: 2, retain: true },
      { qos: 1, properties: version === 5 ? { topicAlias: 1 } : {} },
    ] as const) {
      const bad = await connect(b);
      bad.send(publishPacket(foreign, { payload: 'of b', ...more }));
      if (version === 4) {
        await bad.closed();
      } else if (more.qos === 0) {
        await bad.untilQuiet();
      } else {
        const { reasonCode } = await bad.next(more.qos === 1 ? 'puback' : 'pubrec');
        expect(reasonCode).toBe(0x87);
      }
      if (version === 5 && 'properties' in more) {
        // The alias stands for the name, not for a right.
        expect(await published(bad, '', { properties: { topicAlias: 1 } })).toBe(0x87);
      }
      bad.socket.destroy();
    }
    expect(await messagesOf(owned)).toEqual([]);
    const reader = await connect(a);
    await subscribed(reader, [{ topic: 'r', qos: 1 }]);
    expect(String((await reader.next('publish')).payload)).toBe('of a');
  });

  it('a will goes where its client may publish: at CONNECT, and when it is published', async () => {
    const { siteId } = theHub();
    const { a, b } = await devices(SPACE);
    const refused = theHub().client();
    const foreign = `site/${siteId}/${a.device.clientId}/w`;
    const { returnCode, reasonCode } = await refused.connect(passwordOf(b), {
      ...{ clientId: b.device.clientId, username: b.device.clientId, version },
      will: { topic: foreign, payload: Buffer.from('x'), retain: true },
    });
    expect(version === 5 ? reasonCode : returnCode).toBe(version === 5 ? 0x87 : 5);
    const reader = await connect(a);
    await subscribed(reader, [{ topic: 'w/+', qos: 1 }]);
    const will = (topic: string) => ({ topic, payload: Buffer.from('gone'), qos: 1 as const });
    const leaving = await connect(b, { version, will: will('w/allowed') });
    leaving.socket.destroy();
    expect((await reader.next('publish')).topic).toBe('w/allowed');
    const revoked = await connect(b, { version, will: will('w/revoked') });
    await change(b, null);
    await cut(revoked);
    await change(b, SPACE);
    const again = await connect(b);
    await published(again, 'w/last');
    expect((await messagesOf(reader)).map(({ topic }) => topic)).toEqual(['w/last']);
  });

  it('what is retained of an author who lost the right is shown to nobody', async () => {
    const { a, b } = await devices(SPACE);
    const writer = await connect(a);
    await published(writer, `late/${version}`, { retain: true, payload: 'of a' });
    await published(await connect(b), `barrier/${version}`, { retain: true });
    const shown = async (qos: 0 | 1): Promise<string[]> => {
      const reader = await connect(b, qos === 1 ? kept : { version });
      await subscribed(reader, [
        { topic: `late/${version}`, qos },
        { topic: `barrier/${version}`, qos },
      ]);
      const topics = await retainedUpTo(reader, `barrier/${version}`);
      await cut(reader);
      return topics.slice(0, -1);
    };
    for (const qos of [0, 1] as const) expect(await shown(qos)).toHaveLength(1);
    await change(a, null);
    for (const qos of [0, 1] as const) expect(await shown(qos)).toEqual([]);
    const path = `/api/devices/${a.device.id}`;
    await theHub().owner.client.done({ method: 'DELETE', path });
    for (const qos of [0, 1] as const) expect(await shown(qos)).toEqual([]);
  });

  it('client ids are names and nothing else, and that of a device belongs to it alone', async () => {
    const { token, client } = theHub();
    const secret = await token();
    const { a } = await devices();
    const outcome = async (clientId: string) => {
      const one = client();
      onTestFinished(() => void one.socket.destroy());
      const answer = one
        .connect(secret, { version, clientId })
        .then((connack) => (version === 5 ? connack.reasonCode : connack.returnCode));
      return await Promise.race([answer.catch(() => 'closed'), one.closed().then(() => 'closed')]);
    };
    const odd = ['+', '#', 'a/b', 'constructor', '__proto__', 'toString', '$SYS', 'ü'];
    for (const id of odd) expect([id, await outcome(id)]).toEqual([id, 0]);
    for (const id of ['x'.repeat(65_535), 'a\0b']) {
      expect([0, undefined]).not.toContain(await outcome(id));
    }
    const { clientId } = a.device;
    const identifierRefused = version === 5 ? 0x85 : 2;
    expect(await outcome(clientId)).toBe(identifierRefused);
    expect(await outcome(clientId.toUpperCase())).toBe(identifierRefused);
  });

  it('topics are long and deep within bounds, and readable', async () => {
    const { token, connected } = theHub();
    const secret = await token();
    const reader = await connected(secret, { version });
    await subscribed(
      reader,
      ['l/#', '/', 'a/#', '/x/'].map((topic) => ({ topic, qos: 1 })),
    );
    const writer = await connected(secret, { version });
    const deep = Array.from({ length: 100 }, () => 'l').join('/');
    for (const topic of [deep, '/', 'a//b', '/x/']) await published(writer, topic);
    expect((await messagesOf(reader)).map(({ topic }) => topic)).toEqual([
      deep,
      '/',
      'a//b',
      '/x/',
    ]);
    for (const topic of [`${deep}/l`, 'a\0b', 'a/+/b', 'a/#', 'x'.repeat(1_025)]) {
      const bad = await connected(secret, { version });
      bad.send(publishPacket(topic));
      await bad.closed();
    }
    expect(await messagesOf(reader)).toEqual([]);
  });

  it('a denied publish is answered with a reason, or ends the connection, and is never delivered', async () => {
    const { token, connected } = theHub();
    const reader = await connected(await token('read'), { version });
    await subscribed(reader, [{ topic: 'denied', qos: 2 }]);
    for (const qos of [0, 1, 2] as const) {
      const guest = await connected(await token('read'), { version });
      guest.send(publishPacket('denied', { qos }));
      if (version === 4) await guest.closed();
      else if (qos === 0) await guest.untilQuiet();
      else expect((await guest.next(qos === 1 ? 'puback' : 'pubrec')).reasonCode).toBe(0x87);
    }
    expect(await messagesOf(reader)).toEqual([]);
  });

  it.runIf(version === 5)('nobody is made to answer where the requester may not read', async () => {
    const { siteId } = theHub();
    const { a, b } = await devices();
    const requester = await connect(b);
    const foreign = `site/${siteId}/${a.device.clientId}/set`;
    const properties = { responseTopic: foreign, correlationData: Buffer.from('1') };
    expect(await published(requester, 'request', { properties })).toBe(0x87);
    const own = { responseTopic: 'answer', correlationData: Buffer.from('1') };
    expect(await published(requester, 'request', { properties: own })).toBe(0);
  });
});
