import type { IPublishPacket } from 'mqtt-packet';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
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

/** Each test has topics of its own. */
const clock = new ManualClock(Date.now());
const { theHub, cut, isEmpty } = sharedMqttHub({ clock });
const shared: { secret?: string } = {};

beforeAll(async () => {
  shared.secret = await theHub().token();
});

async function connected(options: Parameters<RawMqtt['connect']>[1] = {}): Promise<RawMqtt> {
  return await theHub().connected(shared.secret ?? '', options);
}

/** A message that is published once its time has come: the clock goes on until it is here. */
async function due(client: RawMqtt): Promise<IPublishPacket> {
  await until('it is published', () => {
    clock.advance(1);
    return client.received.some(({ cmd }) => cmd === 'publish');
  });
  return await client.next('publish');
}

beforeEach(async () => {
  await isEmpty();
});

/** Lets time pass, with whatever the hub does about it. */
async function pass(seconds: number): Promise<void> {
  for (let index = 0; index < seconds; index += 1) {
    clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each([4, 5] as const)('with protocol version %i', (version) => {
  const at = (topic: string): string => `v${version}/${topic}`;
  const kept = (clientId: string) =>
    version === 5
      ? { version, clientId, clean: false, properties: { sessionExpiryInterval: 60 } }
      : { version, clientId, clean: false };

  it('overlapping filters bring one message, at the highest QoS', async () => {
    const reader = await connected({ version });
    await subscribed(reader, [
      { topic: at('o/#'), qos: 0 },
      { topic: at('o/b'), qos: 1 },
    ]);
    await published(await connected({ version }), at('o/b'), { qos: 2 });
    expect((await messagesOf(reader)).map(({ qos }) => qos)).toEqual([1]);
  });

  it('members of a share get a message each in turn, beside those who subscribe for themselves', async () => {
    const members = [await connected({ version }), await connected({ version })];
    for (const member of members) {
      await subscribed(member, [{ topic: `$share/g/${at('s/#')}`, qos: 1 }]);
    }
    const own = await connected({ version });
    await subscribed(own, [
      { topic: at('s/x'), qos: 1 },
      { topic: `$share/other/${at('s/x')}`, qos: 1 },
    ]);
    const writer = await connected({ version });
    for (let index = 0; index < 6; index += 1) await published(writer, at('s/x'));
    for (let index = 0; index < 6; index += 1) await published(writer, at('s/x'), { qos: 0 });
    const [one, two] = members;
    if (!one || !two) throw new Error('no members');
    const counts = [await messagesOf(one), await messagesOf(two)].map(({ length }) => length);
    expect(counts).toEqual([6, 6]);
    expect(await messagesOf(own)).toHaveLength(12);
    // Whoever leaves leaves its turn to the others.
    await cut(one);
    for (let index = 0; index < 3; index += 1) await published(writer, at('s/x'));
    expect(await messagesOf(two)).toHaveLength(3);
  });

  it('QoS 2 that is half done goes on after the connection, and arrives once', async () => {
    const reader = await connected({ version });
    await subscribed(reader, [{ topic: at('half'), qos: 2 }]);
    const first = await connected(kept(`half-${version}`));
    first.send(publishPacket(at('half'), { qos: 2, messageId: 21 }));
    await first.next('pubrec');
    await cut(first);
    const second = await connected(kept(`half-${version}`));
    second.send(publishPacket(at('half'), { qos: 2, messageId: 21, dup: true }));
    await second.next('pubrec');
    second.send({ cmd: 'pubrel', messageId: 21 });
    await second.next('pubcomp');
    // Then it is the id of another message.
    expect(await published(second, at('half'), { qos: 2, messageId: 21 })).toBe(0);
    expect(await messagesOf(reader)).toHaveLength(2);
  });

  it('a client that releases nothing is cut off', async () => {
    const client = await connected({ version });
    for (let messageId = 1; messageId <= MQTT_LIMITS.unreleased + 1; messageId += 1) {
      client.send(publishPacket(at('unreleased'), { qos: 2, messageId }));
    }
    await client.closed();
    const pubrecs = client.received.filter(({ cmd }) => cmd === 'pubrec').length;
    const most = version === 5 ? MQTT_LIMITS.receiveMaximum : MQTT_LIMITS.unreleased;
    expect(pubrecs).toBeLessThanOrEqual(most);
  });

  it('a session is kept for its time, and then no more', async () => {
    const clientId = `expiring-${version}`;
    const options = version === 5 ? kept(clientId) : { version, clientId, clean: false };
    const client = await connected(options);
    await subscribed(client, [{ topic: at('kept'), qos: 1 }]);
    await cut(client);
    const inTime = theHub().client();
    expect((await inTime.connect(shared.secret ?? '', options)).sessionPresent).toBe(true);
    await cut(inTime);
    clock.advance(version === 5 ? 61_000 : MQTT_LIMITS.sessionExpiryMs + 1_000);
    const late = theHub().client();
    expect((await late.connect(shared.secret ?? '', options)).sessionPresent).toBe(false);
  });

  it('a client that falls silent is cut off after one and a half times its keep-alive', async () => {
    const reader = await connected({ version, keepalive: 0 });
    await subscribed(reader, [{ topic: at('silent'), qos: 1 }]);
    const will = { topic: at('silent'), payload: Buffer.from('silent') };
    const client = await connected({ version, keepalive: 10, will });
    await pass(14);
    await client.untilQuiet();
    await pass(17);
    await client.closed();
    if (version === 5) expect((await client.next('disconnect')).reasonCode).toBe(0x8d);
    expect(String((await due(reader)).payload)).toBe('silent');
  });

  it('retained messages of QoS 1 wait for a session that is kept like all others, however many', async () => {
    const writer = await connected({ version });
    const count = 700;
    const names = Array.from({ length: count }, (_, index) => String(index).padStart(4, '0'));
    for (let from = 0; from < count; from += 50) {
      for (const [index, name] of names.slice(from, from + 50).entries()) {
        const messageId = index + 1;
        writer.send(publishPacket(at(`many/${name}`), { retain: true, payload: name, messageId }));
      }
      for (let acks = 0; acks < 50; acks += 1) await writer.next('puback');
    }
    const options = kept(`many-${version}`);
    const first = await connected(options);
    await subscribed(first, [{ topic: at('many/#'), qos: 1 }]);
    // It has some, and acknowledges none.
    const some = await until('some arrived', async () => {
      const arrived = await messagesOf(first, { mustAcknowledge: false });
      return arrived.length > 0 ? arrived : undefined;
    });
    expect(some.every(({ retain, dup }) => retain && !dup)).toBe(true);
    await cut(first);
    const second = await connected(options);
    const all: IPublishPacket[] = [];
    await until('all arrived', async () => {
      all.push(...(await messagesOf(second)));
      return all.length >= count;
    });
    expect(all.map(({ payload }) => String(payload))).toEqual(names);
    expect(all.every(({ retain }) => retain)).toBe(true);
    await cut(second);
    const third = await connected(options);
    expect(await messagesOf(third)).toEqual([]);
  });
});

describe('clients that take their time, or too much', () => {
  const version = 4 as const;

  it('whoever does not finish its CONNECT is cut off', async () => {
    const slow = theHub().client();
    for (const byte of [0x10, 0x20, 0x00]) slow.sendRaw(Buffer.from([byte]));
    const silent = theHub().client();
    await until('both are there', () => theHub().hub.gauges()['mqtt.connections'] === 2);
    clock.advance(MQTT_LIMITS.connectMs - 1);
    expect([slow.isClosed, silent.isClosed]).toEqual([false, false]);
    clock.advance(1);
    await Promise.all([slow.closed(), silent.closed()]);
  });

  it('ten thousand subscriptions delay nobody, and a session has a thousand', async () => {
    const readers: RawMqtt[] = [];
    for (let index = 0; index < 10; index += 1) {
      const reader = await connected({ version });
      const filters = Array.from({ length: MQTT_LIMITS.subscriptionsPerSession }, (_, at) => ({
        topic: `subs/${index}/+/${at}`,
        qos: 1 as const,
      }));
      expect(new Set(await subscribed(reader, filters))).toEqual(new Set([1]));
      readers.push(reader);
    }
    const [first] = readers;
    if (!first) throw new Error('no reader');
    expect(await subscribed(first, [{ topic: 'one/more', qos: 1 }])).toEqual([0x80]);
    await published(await connected({ version }), 'subs/0/x/999');
    expect(await shownTo(first)).toEqual(['subs/0/x/999: x']);
  });

  it('a reader that reads nothing holds up nobody else, and is cut off after a while', async () => {
    const frozen = await connected({ version, keepalive: 0 });
    await subscribed(frozen, [{ topic: 'frozen/#', qos: 0 }]);
    const reader = await connected({ version, keepalive: 0 });
    await subscribed(reader, [{ topic: 'frozen/#', qos: 1 }]);
    frozen.socket.pause();
    const writer = await connected({ version, keepalive: 0 });
    const payload = Buffer.alloc(100_000);
    let got = 0;
    for (let index = 0; index < 150; index += 1) {
      await published(writer, 'frozen/x', { payload });
      got += (await messagesOf(reader)).length;
    }
    expect(got).toBe(150);
    await pass(MQTT_LIMITS.writeMs / 1_000 + 2);
    await until('it is gone', () => theHub().hub.gauges()['mqtt.connections'] === 2);
  });
});

describe('with MQTT 5', () => {
  const version = 5 as const;

  it('topic aliases stand for topics, in both directions, and are checked', async () => {
    const reader = theHub().client();
    const topicAliasMaximum = 2;
    const connack = await reader.connect(shared.secret ?? '', {
      ...{ version, properties: { topicAliasMaximum } },
    });
    expect(connack.properties?.topicAliasMaximum).toBe(MQTT_LIMITS.topicAliases);
    await subscribed(reader, [{ topic: 'alias/#', qos: 0 }]);
    const writer = await connected({ version });
    const alias = { properties: { topicAlias: 1 } };
    await published(writer, 'alias/a', alias);
    await published(writer, '', alias);
    await published(writer, 'alias/b', alias);
    await published(writer, '', alias);
    for (const name of ['c', 'd']) await published(writer, `alias/${name}`);
    const names = new Map<number, string>();
    const got = (await messagesOf(reader)).map(({ topic, properties }) => {
      const number = properties?.topicAlias;
      if (number !== undefined && topic !== '') names.set(number, topic);
      return topic === '' ? names.get(number ?? 0) : topic;
    });
    expect(got).toEqual(['alias/a', 'alias/a', 'alias/b', 'alias/b', 'alias/c', 'alias/d']);
    expect(names.size).toBe(topicAliasMaximum);
    for (const topicAlias of [MQTT_LIMITS.topicAliases + 1, 7]) {
      const bad = await connected({ version });
      bad.send(publishPacket('', { properties: { topicAlias } }));
      expect((await bad.next('disconnect')).reasonCode).toBe(topicAlias === 7 ? 0x82 : 0x94);
    }
  });

  it('no more is in flight than the client can hold, nor larger than it accepts', async () => {
    const options = { version, properties: { receiveMaximum: 2, maximumPacketSize: 100 } } as const;
    const reader = await connected(options);
    await subscribed(reader, [{ topic: 'flow/#', qos: 2 }]);
    const writer = await connected({ version });
    await published(writer, 'flow/large', { payload: 'x'.repeat(200) });
    for (const payload of ['1', '2', '3', '4']) await published(writer, 'flow/a', { payload });
    const first = await messagesOf(reader, { mustAcknowledge: false });
    expect(first.map(({ payload }) => String(payload))).toEqual(['1', '2']);
    reader.send({ cmd: 'puback', messageId: first[0]?.messageId ?? 0 });
    await reader.untilQuiet();
    expect(String((await reader.next('publish')).payload)).toBe('3');
  });

  it('a client that sends more than was agreed is told so', async () => {
    const large = await connected({ version });
    large.send(publishPacket('large', { payload: 'x'.repeat(MQTT_LIMITS.packetBytes) }));
    expect((await large.next('disconnect')).reasonCode).toBe(0x95);
    await large.closed();
  });

  it('messages expire where they wait, and say how long they have left', async () => {
    const options = {
      version,
      clientId: 'late',
      clean: false,
      properties: { sessionExpiryInterval: 600 },
    };
    const reader = await connected(options);
    await subscribed(reader, [{ topic: 'expiry/#', qos: 1 }]);
    await cut(reader);
    const writer = await connected({ version, keepalive: 0 });
    const expiring = (messageExpiryInterval: number) => ({ properties: { messageExpiryInterval } });
    await published(writer, 'expiry/soon', { ...expiring(5), retain: true });
    await published(writer, 'expiry/later', { ...expiring(60), retain: true });
    clock.advance(10_000);
    const left = (await messagesOf(await connected(options))).map(({ topic, properties }) => [
      topic,
      properties?.messageExpiryInterval,
    ]);
    expect(left).toEqual([['expiry/later', 50]]);
    const other = await connected({ version });
    await published(writer, 'expired/none', { retain: true });
    await subscribed(other, [
      { topic: 'expiry/#', qos: 0 },
      { topic: 'expired/#', qos: 0 },
    ]);
    expect((await retainedUpTo(other, 'expired/none')).slice(0, -1)).toEqual(['expiry/later']);
  });

  it('subscriptions name themselves, leave out what is own, and say how retained is meant', async () => {
    const client = await connected({ version });
    await subscribed(client, [{ topic: 'ids/#', qos: 1 }], 7);
    await subscribed(client, [{ topic: 'ids/a', qos: 1, nl: false, rap: true, rh: 0 }], 9);
    await subscribed(client, [{ topic: 'nl/#', qos: 1, nl: true }]);
    await published(client, 'nl/own');
    await published(client, 'ids/a', { retain: true });
    const writer = await connected({ version });
    await published(writer, 'nl/other');
    const got = await messagesOf(client);
    expect(got.map(({ topic }) => topic)).toEqual(['ids/a', 'nl/other']);
    expect([got[0]?.properties?.subscriptionIdentifier].flat().map(Number).toSorted()).toEqual([
      7, 9,
    ]);
    expect(got[0]?.retain).toBe(true);
    await published(writer, 'handled', { retain: true });
    // Retain handling: always, only the first time, never.
    for (const [rh, counts] of [
      [0, [1, 1]],
      [1, [1, 0]],
      [2, [0, 0]],
    ] as const) {
      const reader = await connected({ version });
      for (const count of counts) {
        await subscribed(reader, [
          { topic: 'ids/a', qos: 1, rh },
          { topic: 'handled', qos: 1 },
        ]);
        expect([rh, (await retainedUpTo(reader, 'handled')).length - 1]).toEqual([rh, count]);
      }
    }
    const shares = await connected({ version });
    shares.send({
      ...{ cmd: 'subscribe', messageId: 1 },
      subscriptions: [{ topic: '$share/g/x', qos: 1, nl: true }],
    });
    expect((await shares.next('disconnect')).reasonCode).toBe(0x82);
  });

  it('whatever a client says of a message is handed on', async () => {
    const reader = await connected({ version });
    await subscribed(reader, [{ topic: 'props/#', qos: 1 }]);
    const properties = {
      payloadFormatIndicator: true,
      contentType: 'application/json',
      responseTopic: 'answers/1',
      correlationData: Buffer.from([0, 1, 255]),
      userProperties: { a: ['1', '2'], b: '3' },
    };
    await published(await connected({ version }), 'props/x', { properties });
    const [message] = await messagesOf(reader);
    expect(message?.properties).toMatchObject(properties);
    const older = await connected({ version: 4 });
    await subscribed(older, [{ topic: 'props/#', qos: 1 }]);
    await published(await connected({ version }), 'props/x', { properties });
    expect(await shownTo(older)).toEqual(['props/x: x']);
  });

  it('CONNACK says what the client is given: an id, a keep-alive, an expiry', async () => {
    const one = theHub().client();
    const { properties, reasonCode } = await one.connect(shared.secret ?? '', {
      ...{ version, clientId: '', keepalive: 0 },
      properties: { sessionExpiryInterval: 0xffff_ffff },
    });
    expect(reasonCode).toBe(0);
    expect(properties?.assignedClientIdentifier).toMatch(/^[\da-f-]{36}$/);
    expect(properties?.serverKeepAlive).toBe(MQTT_LIMITS.keepAliveSeconds);
    expect(properties?.sessionExpiryInterval).toBe(MQTT_LIMITS.sessionExpiryMs / 1_000);
    expect(properties?.receiveMaximum).toBe(MQTT_LIMITS.receiveMaximum);
    const extended = theHub().client();
    const answer = await extended.connect(shared.secret ?? '', {
      ...{ version, properties: { authenticationMethod: 'SCRAM' } },
    });
    expect(answer.reasonCode).toBe(0x8c);
  });

  it('a will waits for its delay, unless the session ends before or the client comes back', async () => {
    const reader = await connected({ version, keepalive: 0 });
    await subscribed(reader, [{ topic: 'delayed/#', qos: 1 }]);
    const options = (topic: string, sessionExpiryInterval: number) => ({
      ...({ version, clientId: topic, clean: false, keepalive: 0 } as const),
      properties: { sessionExpiryInterval },
      will: {
        ...{ topic: `delayed/${topic}`, payload: Buffer.from('x'), qos: 1 as const },
        properties: { willDelayInterval: 30, messageExpiryInterval: 5 },
      },
    });
    const gone = async (topic: string, expiry: number): Promise<void> => {
      await cut(await connected(options(topic, expiry)));
    };
    await gone('short', 10);
    await gone('long', 600);
    await gone('back', 600);
    await pass(12);
    expect((await due(reader)).topic).toBe('delayed/short');
    await connected(options('back', 600));
    await pass(20);
    const { topic, properties } = await due(reader);
    expect([topic, properties?.messageExpiryInterval]).toEqual(['delayed/long', 5]);
    await reader.untilQuiet();
    expect(reader.received.filter(({ cmd }) => cmd === 'publish')).toEqual([]);
    // With a DISCONNECT that wants it nevertheless.
    const leaving = await connected(options('leaving', 0));
    leaving.send({ cmd: 'disconnect', reasonCode: 0x04 });
    expect((await due(reader)).topic).toBe('delayed/leaving');
  });
});
