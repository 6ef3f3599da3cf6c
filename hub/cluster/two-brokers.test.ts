import type { IPublishPacket, ISubscription } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '#platform/testing/until.ts';
import { BUSES, type BusName, temporaryBus } from '../testing/bus-for-tests.ts';
import { joinMqttHub, type RawMqtt, startMqttHub } from '../testing/raw-mqtt.ts';
import { temporaryDatabase } from '../testing/test-database.ts';
import { testEngines } from '../testing/test-store.ts';

async function startTwoBrokers(busName: BusName) {
  const database = await temporaryDatabase(onTestFinished);
  const { config, cut } = await temporaryBus(busName, database);
  const one = await startMqttHub({ database, config });
  const two = await joinMqttHub(one, { database, config });
  return { one, two, cut, secret: await one.token() };
}

let packetId = 100;

async function publish(client: RawMqtt, topic: string, more: Partial<IPublishPacket> = {}) {
  const { qos = 1 } = more;
  packetId += 1;
  const id = qos === 0 ? {} : { messageId: packetId };
  const packet = { topic, payload: 'x', dup: false, retain: false, ...more, qos, ...id } as const;
  client.send({ cmd: 'publish', ...packet });
  if (qos === 1) return await client.next('puback');
  if (qos === 2) {
    await client.next('pubrec');
    client.send({ cmd: 'pubrel', messageId: packetId });
    await client.next('pubcomp');
  }
  return undefined;
}

async function subscribe(client: RawMqtt, ...subscriptions: ISubscription[]): Promise<void> {
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions });
  await client.next('suback');
}

/** The payloads that a client gets, each acknowledged, up to the one that is given. */
async function payloadsUpTo(client: RawMqtt, last: string): Promise<string[]> {
  const got: string[] = [];
  while (got.at(-1) !== last) {
    const { payload, qos, messageId = 0 } = await client.next('publish');
    got.push(String(payload));
    if (qos === 1) client.send({ cmd: 'puback', messageId });
    if (qos === 2) {
      client.send({ cmd: 'pubrec', messageId });
      await client.next('pubrel');
      client.send({ cmd: 'pubcomp', messageId });
    }
  }
  return got;
}

const KEPT = {
  clientId: 'kept',
  clean: false,
  version: 5,
  properties: { sessionExpiryInterval: 600 },
} as const;

describe.runIf(testEngines().includes('postgres')).each(BUSES)('two brokers and %s', (bus) => {
  it('what is published at one hub is delivered at the other, at every QoS, once and in order', async () => {
    const { one, two, secret } = await startTwoBrokers(bus);
    const kept = await two.connected(secret, KEPT);
    await subscribe(kept, { topic: 'a/#', qos: 2 });
    const clean = await two.connected(secret);
    await subscribe(clean, { topic: 'a/+', qos: 1 });
    const writers = [await one.connected(secret), await two.connected(secret)];
    const sent: string[] = [];
    for (let index = 0; index < 40; index += 1) {
      const payload = String(index);
      sent.push(payload);
      // Each at another hub than the one before: in the order in which they are acknowledged.
      const writer = writers[index % 2];
      if (writer) await publish(writer, 'a/b', { payload, qos: index % 4 === 3 ? 2 : 1 });
    }
    const [first] = writers;
    if (!first) throw new Error('no writer');
    expect(await payloadsUpTo(kept, '39')).toEqual(sent);
    expect(await payloadsUpTo(clean, '39')).toEqual(sent);
    // What nobody stores, and what is too large for one message between hubs.
    await until('the interest is known', async () => {
      await publish(first, 'a/zero', { qos: 0, payload: 'small' });
      await clean.untilQuiet();
      return clean.received.some(({ cmd }) => cmd === 'publish') ? true : undefined;
    });
    await publish(first, 'a/zero', { qos: 0, payload: 'z'.repeat(100_000) });
    await until('the large one', () =>
      kept.received.some((packet) => packet.cmd === 'publish' && packet.payload.length === 100_000),
    );
  });

  it('a message to a share goes to one of its members, at whichever hub', async () => {
    const { one, two, secret } = await startTwoBrokers(bus);
    const members: RawMqtt[] = [];
    for (const hub of [one, two]) {
      const member = await hub.connected(secret, { version: 5 });
      await subscribe(member, { topic: '$share/g/s/#', qos: 1 });
      members.push(member);
    }
    const writer = await one.connected(secret);
    const got = async (topic: string): Promise<number> => {
      let count = 0;
      for (const member of members) {
        await member.untilQuiet();
        count += member.received.filter(
          (packet) => packet.cmd === 'publish' && packet.topic === topic,
        ).length;
      }
      return count;
    };
    for (let index = 0; index < 10; index += 1) await publish(writer, 's/one');
    await until('each arrived', async () => (await got('s/one')) >= 10);
    for (let index = 0; index < 10; index += 1) await publish(writer, 's/zero', { qos: 0 });
    await until('each of QoS 0 arrived', async () => (await got('s/zero')) >= 10);
    await publish(writer, 's/last');
    await until('the last', async () => (await got('s/last')) === 1);
    expect([await got('s/one'), await got('s/zero')]).toEqual([10, 10]);
    const each = members.map((member) => member.received.length);
    expect(Math.min(...each)).toBeGreaterThan(0);
  });

  it('a client that comes to another hub is cut off at the first, which publishes nothing more for it', async () => {
    const { one, two, secret, cut } = await startTwoBrokers(bus);
    const reader = await one.connected(secret);
    await subscribe(reader, { topic: 'w/#', qos: 1 });
    const will = { topic: 'w/gone', payload: Buffer.from('will'), qos: 1 as const };
    const before = await one.connected(secret, { ...KEPT, will });
    await subscribe(before, { topic: 'm/#', qos: 1 });
    const moved = await two.connected(secret, { ...KEPT, will });
    expect((await before.next('disconnect')).reasonCode).toBe(0x8e);
    await before.closed();
    expect(await payloadsUpTo(reader, 'will')).toEqual(['will']);
    await publish(await one.connected(secret), 'm/x', { payload: 'after' });
    expect(await payloadsUpTo(moved, 'after')).toEqual(['after']);
    // Without a word between the hubs the old one may believe that it has the connection.
    await cut();
    const back = await one.connected(secret, KEPT);
    moved.send({
      cmd: 'publish',
      topic: 'w/late',
      qos: 1,
      payload: 'late',
      dup: false,
      retain: false,
      messageId: 7,
    });
    await moved.closed();
    expect(moved.received.filter(({ cmd }) => cmd === 'puback')).toEqual([]);
    await back.untilQuiet();
    // The will of the connection that was replaced: once.
    expect(await payloadsUpTo(reader, 'will')).toEqual(['will']);
    await reader.untilQuiet();
    expect(reader.received).toEqual([]);
  });

  it('what was stored while the bus was cut is delivered nevertheless', async () => {
    const { one, two, secret, cut } = await startTwoBrokers(bus);
    const reader = await two.connected(secret);
    await subscribe(reader, { topic: 'c/#', qos: 1 });
    const writer = await one.connected(secret);
    await publish(writer, 'c/x', { payload: 'before' });
    expect(await payloadsUpTo(reader, 'before')).toEqual(['before']);
    await cut();
    await publish(writer, 'c/x', { payload: 'while it is away' });
    expect(await payloadsUpTo(reader, 'while it is away')).toEqual(['while it is away']);
  });
});
