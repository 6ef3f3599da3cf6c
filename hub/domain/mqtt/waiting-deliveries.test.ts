import { expect, it } from 'vitest';
import { newId, SiteId } from '#protocol/ids.ts';
import { QOS } from '../../kernel/mqtt-message.ts';
import type { MessageRecord } from '../../store/mqtt-messages.ts';
import type { Delivery } from './delivery.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';
import { WaitingDeliveries } from './waiting-deliveries.ts';

const site = newId(SiteId);
const FULL = MQTT_LIMITS.queuedMessages;

function delivery(topic: string, more: Partial<Delivery> = {}): Delivery {
  const message: MessageRecord = {
    ...{ site, topic, seq: 0, storedAtMs: 0, payload: Buffer.of(1), isRetained: false },
    ...{ properties: null, expiresAtMs: null, author: 'hub', sessionKey: null },
    qos: QOS.atMostOnce,
  };
  return {
    message,
    qos: QOS.atMostOnce,
    retain: false,
    prefix: '',
    identifiers: [],
    bytes: 10,
    ...more,
  };
}

function stored(seq: number): Delivery {
  return delivery(`stored ${seq}`, { qos: QOS.atLeastOnce, row: { sessionKey: 1, site, seq } });
}

function filled(first: readonly Delivery[]) {
  const counts = { dropped: 0 };
  const waiting = new WaitingDeliveries({
    dropped: (count) => (counts.dropped += count),
    shrunk: () => undefined,
  });
  for (const one of first) waiting.push(one);
  while (waiting.size < FULL) waiting.push(delivery('filler'));
  return { waiting, counts };
}

function drained(waiting: WaitingDeliveries): string[] {
  const topics: string[] = [];
  while (waiting.size > 0) topics.push(waiting.shift()?.message.topic ?? '');
  return topics;
}

it('drops the oldest of what is stored nowhere, and nothing that is tracked', () => {
  const tracker = {
    written: () => undefined,
    acknowledged: () => undefined,
    dropped: () => undefined,
  };
  const { waiting, counts } = filled([
    ...[stored(1), delivery('tracked', { tracker })],
    ...[delivery('oldest'), delivery('next')],
  ]);
  waiting.push(delivery('newest'));
  expect(counts.dropped).toBe(1);
  const topics = drained(waiting);
  expect(topics.slice(0, 3)).toEqual(['stored 1', 'tracked', 'next']);
  expect(topics.at(-1)).toBe('newest');
});

it('has a stored message once, until it is forgotten', () => {
  const { waiting } = filled([]);
  waiting.clear();
  waiting.push(stored(1));
  waiting.push(stored(1));
  waiting.push(stored(2));
  expect(drained(waiting)).toEqual(['stored 1', 'stored 2']);
  waiting.push(stored(1));
  expect(waiting.size).toBe(0);
  waiting.forget({ sessionKey: 1, site, seq: 1 });
  waiting.push(stored(1));
  expect(waiting.size).toBe(1);
});

it('bounds what is stored elsewhere too, at twice as much', () => {
  const { waiting, counts } = filled([]);
  waiting.clear();
  for (let seq = 1; seq <= 2 * FULL + 1; seq += 1) waiting.push(stored(seq));
  expect(waiting.size).toBe(2 * FULL);
  expect(waiting.first?.message.topic).toBe('stored 2');
  expect(counts.dropped).toBe(0);
});
