import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { IPublishPacket, ISubscription } from 'mqtt-packet';
import { openTestDatabase } from '../../testing/test-store.ts';
import { until } from '#platform/testing/until.ts';
import { newId, SiteId } from '#protocol/ids.ts';
import { type MqttHub, startMqttHub } from '../../testing/raw-mqtt.ts';

type Client = Awaited<ReturnType<MqttHub['connected']>>;

const KEPT = { clientId: 'kept', clean: false, version: 4 } as const;

function message(
  topic: string,
  qos: 0 | 1 | 2,
  more: Partial<IPublishPacket> = {},
): IPublishPacket {
  const id = qos === 0 ? {} : { messageId: 9 };
  return { cmd: 'publish', topic, qos, payload: 'x', dup: false, retain: false, ...id, ...more };
}

async function subscribe(client: Client, ...subscriptions: ISubscription[]) {
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions });
  return (await client.next('suback')).granted;
}

async function exactlyOnce(client: Client, topic: string, payload: string): Promise<void> {
  client.send(message(topic, 2, { payload }));
  await client.next('pubrec');
  client.send({ cmd: 'pubrel', messageId: 9 });
  await client.next('pubcomp');
}

describe('a session that is kept', () => {
  it('gets what came meanwhile, in order, and what it did not acknowledge again as a duplicate', async () => {
    const { token, connected, client, hub } = await startMqttHub();
    const secret = await token();
    const first = await connected(secret, KEPT);
    expect(await subscribe(first, { topic: 'a/#', qos: 2 })).toEqual([2]);
    first.socket.destroy();
    await until('gone', () => (hub.gauges()['mqtt.connections'] === 0 ? true : undefined));
    const writer = await connected(secret);
    for (const payload of ['1', '2']) {
      writer.send(message('a/b', 1, { payload }));
      await writer.next('puback');
    }
    await exactlyOnce(writer, 'a/c', '3');
    const second = client();
    expect((await second.connect(secret, KEPT)).sessionPresent).toBe(true);
    const one = await second.next('publish');
    const two = await second.next('publish');
    const three = await second.next('publish');
    const shown = [one, two, three].map(({ payload, dup, qos }) => [String(payload), dup, qos]);
    expect(shown).toEqual([
      ['1', false, 1],
      ['2', false, 1],
      ['3', false, 2],
    ]);
    second.send({ cmd: 'puback', messageId: one.messageId ?? 0 });
    second.send({ cmd: 'pubrec', messageId: three.messageId ?? 0 });
    await second.next('pubrel');
    second.socket.destroy();
    const third = await connected(secret, KEPT);
    const again = await third.next('publish');
    expect([String(again.payload), again.dup]).toEqual(['2', true]);
    // The client has the third, and knows it by its packet id.
    expect((await third.next('pubrel')).messageId).toBe(three.messageId);
    third.send({ cmd: 'puback', messageId: again.messageId ?? 0 });
    third.send({ cmd: 'pubcomp', messageId: three.messageId ?? 0 });
    await third.untilQuiet();
    third.socket.destroy();
    const fourth = await connected(secret, KEPT);
    expect((await fourth.untilQuiet()).map(({ cmd }) => cmd)).toEqual([]);
  });

  it('has one connection: a later one takes it over, and another identity has its own', async () => {
    const { token, connected } = await startMqttHub();
    const secret = await token();
    const first = await connected(secret, { ...KEPT, version: 5 });
    const other = await connected(await token(), { ...KEPT, version: 5 });
    await connected(secret, { ...KEPT, version: 5 });
    expect((await first.next('disconnect')).reasonCode).toBe(0x8e);
    await first.closed();
    await other.untilQuiet();
    expect(other.isClosed).toBe(false);
  });

  it('forgets all of it when the client asks for a clean one', async () => {
    const { token, connected, client } = await startMqttHub();
    const secret = await token();
    const first = await connected(secret, KEPT);
    await subscribe(first, { topic: 'a', qos: 1 });
    first.socket.destroy();
    const clean = client();
    expect((await clean.connect(secret, { ...KEPT, clean: true })).sessionPresent).toBe(false);
    clean.send(message('a', 1));
    await clean.next('puback');
    expect((await clean.untilQuiet()).map(({ cmd }) => cmd)).toEqual([]);
  });

  it('drops the oldest beyond a thousand, and counts them', async () => {
    const { token, connected, client, hub } = await startMqttHub();
    const secret = await token();
    const first = await connected(secret, KEPT);
    await subscribe(first, { topic: 'a', qos: 1 });
    first.socket.destroy();
    const writer = await connected(secret);
    for (let index = 1; index <= 1_003; index += 1) {
      writer.send(message('a', 1, { payload: String(index), messageId: index }));
    }
    await until('all', () =>
      writer.received.filter(({ cmd }) => cmd === 'puback').length === 1_003 ? true : undefined,
    );
    const db = await openTestDatabase(hub.dataFolder);
    const { queued, dropped } = await db
      .selectFrom('mqtt_sessions')
      .select(['queued', 'dropped'])
      .where('client_id', '=', 'kept')
      .executeTakeFirstOrThrow();
    await db.destroy();
    expect([queued, dropped]).toEqual([1_000, 3]);
    const again = client();
    await again.connect(secret, KEPT);
    expect(String((await again.next('publish')).payload)).toBe('4');
  });
});

describe('what is retained', () => {
  it('is sent to whoever subscribes later, marked as such, until it is emptied', async () => {
    const { token, connected } = await startMqttHub();
    const secret = await token();
    const writer = await connected(secret);
    writer.send(message('r/a', 1, { payload: 'old', retain: true }));
    writer.send(message('r/a', 1, { payload: 'new', retain: true }));
    writer.send(message('r/b', 1, { payload: 'gone', retain: true }));
    writer.send(message('r/b', 1, { payload: '', retain: true }));
    for (let index = 0; index < 4; index += 1) await writer.next('puback');
    const reader = await connected(secret);
    await subscribe(reader, { topic: 'r/#', qos: 0 });
    const { payload, retain } = await reader.next('publish');
    expect([String(payload), retain]).toEqual(['new', true]);
    expect((await reader.untilQuiet()).map(({ cmd }) => cmd)).toEqual([]);
  });
});

describe('a will', () => {
  it('is published when the connection breaks, and not when the client leaves', async () => {
    const { token, connected } = await startMqttHub();
    const secret = await token();
    const reader = await connected(secret);
    await subscribe(reader, { topic: 'w/+', qos: 1 });
    const will = (topic: string) => ({
      will: { topic, payload: Buffer.from('gone'), qos: 1 as const },
    });
    const leaving = await connected(secret, will('w/left'));
    leaving.send({ cmd: 'disconnect' });
    await leaving.closed();
    const broken = await connected(secret, will('w/broken'));
    broken.socket.destroy();
    expect((await reader.next('publish')).topic).toBe('w/broken');
    expect((await reader.untilQuiet()).map(({ cmd }) => cmd)).toEqual([]);
  });

  it('at a topic that its client may not write keeps the client out', async () => {
    const { token, client } = await startMqttHub();
    const will = { topic: 'w', payload: Buffer.from('x') };
    const { returnCode } = await client().connect(await token('read'), { will });
    expect(returnCode).toBe(5);
  });
});

describe('rights', () => {
  it('are decided for each filter by itself, and end with the token at once', async () => {
    const { token, connected, owner } = await startMqttHub();
    const reader = await connected(await token('read'), { version: 5 });
    const granted = await subscribe(
      reader,
      ...['a', '$share//x', '$queue/x', '$SYS/#', '$CONTROL/#', 'a/#/b', '$share/g/a'].map(
        (topic) => ({ topic, qos: 1 as const }),
      ),
      { topic: `site/${newId(SiteId)}/a`, qos: 1 },
    );
    expect(granted.map(Number).map((code) => code < 0x80)).toEqual([
      ...[true, false, false, false, false, false, true, false],
    ]);
    reader.send(message('a', 1));
    expect((await reader.next('puback')).reasonCode).toBe(0x87);
    const before5 = await connected(await token('read'));
    before5.send(message('a', 1));
    await before5.closed();
    const { tokens } = await tokensOf(owner);
    for (const { id } of tokens) {
      await owner.client.done({ method: 'DELETE', path: `/api/account/tokens/${id}` });
    }
    await reader.closed();
  });
});

const TokenList = z.object({ tokens: z.array(z.object({ id: z.string() })) });

async function tokensOf({ client }: MqttHub['owner']) {
  return await client.request(TokenList, { path: '/api/account/tokens' });
}
