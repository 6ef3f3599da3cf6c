import type { IPublishPacket, ISubscription } from 'mqtt-packet';
import type { RawMqtt } from './raw-mqtt.ts';

/** Packets that clients of the broker send most, and what tests want of the answers. */

export function publishPacket(topic: string, more: Partial<IPublishPacket> = {}): IPublishPacket {
  const qos = more.qos ?? 1;
  const id = qos === 0 ? {} : { messageId: 9 };
  const packet = { topic, payload: 'x', dup: false, retain: false, qos } as const;
  return { cmd: 'publish', ...packet, ...id, ...more };
}

/** Resolves with the code of the answer, of MQTT 5; QoS 2 up to its end. */
export async function published(
  client: RawMqtt,
  topic: string,
  more: Partial<IPublishPacket> = {},
): Promise<number> {
  const packet = publishPacket(topic, more);
  client.send(packet);
  const { messageId = 0 } = packet;
  if (packet.qos === 0) {
    await client.untilQuiet();
    return 0;
  }
  if (packet.qos === 1) return (await client.next('puback')).reasonCode ?? 0;
  const { reasonCode = 0 } = await client.next('pubrec');
  if (reasonCode >= 0x80) return reasonCode;
  client.send({ cmd: 'pubrel', messageId });
  await client.next('pubcomp');
  return reasonCode;
}

/** The codes of SUBACK. */
export async function subscribed(
  client: RawMqtt,
  subscriptions: readonly ISubscription[],
  identifier?: number,
): Promise<number[]> {
  const properties =
    identifier === undefined ? {} : { properties: { subscriptionIdentifier: identifier } };
  client.send({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [...subscriptions],
    ...properties,
  });
  const { granted } = await client.next('suback');
  return granted.map(Number);
}

/** The messages that came so far; acknowledged, if not said otherwise, and forgotten. */
export async function messagesOf(
  client: RawMqtt,
  { mustAcknowledge = true }: { readonly mustAcknowledge?: boolean } = {},
): Promise<IPublishPacket[]> {
  const all: IPublishPacket[] = [];
  for (;;) {
    await client.untilQuiet();
    const came: IPublishPacket[] = [];
    for (const packet of client.received) if (packet.cmd === 'publish') came.push(packet);
    if (came.length === 0) return all;
    const others = client.received.filter(({ cmd }) => cmd !== 'publish');
    client.received.splice(0, client.received.length, ...others);
    all.push(...came);
    if (!mustAcknowledge) return all;
    for (const { qos, messageId = 0 } of came) {
      if (qos === 1) client.send({ cmd: 'puback', messageId });
      if (qos !== 2) continue;
      client.send({ cmd: 'pubrec', messageId });
      await client.next('pubrel');
      client.send({ cmd: 'pubcomp', messageId });
    }
  }
}

/** Topic and payload of each. */
export async function shownTo(client: RawMqtt): Promise<string[]> {
  return (await messagesOf(client)).map(({ topic, payload }) => `${topic}: ${String(payload)}`);
}

/**
 * Topics of what is retained, up to one of the last filter: they come after SUBACK, in the order
 * of the filters.
 */
export async function retainedUpTo(client: RawMqtt, last: string): Promise<string[]> {
  const topics: string[] = [];
  while (topics.at(-1) !== last) {
    const { topic, qos, messageId = 0 } = await client.next('publish');
    topics.push(topic);
    if (qos === 1) client.send({ cmd: 'puback', messageId });
  }
  return topics;
}
