import { setTimeout as pause } from 'node:timers/promises';
import { until } from '#platform/testing/until.ts';
import { processorMs } from '../cost/processes.ts';
import { type Percentiles, percentilesOf } from '../latencies.ts';
import { type Broker, topicOf } from './brokers.ts';
import { messageOf, readMessage } from './message.ts';
import type { MqttClient } from './mqtt-client.ts';

/** A broker with the clients of the bench. */
export interface Subject {
  readonly broker: Broker;
  readonly publishers: readonly MqttClient[];
  /** Subscribed to all that they publish. */
  readonly reader: MqttClient;
}

export interface Throughput {
  /** At QoS 1 those that were acknowledged, else those that arrived. */
  readonly perSecond: number;
  /** From a message to its arrival at the reader. */
  readonly latency: Percentiles;
  /** Messages that did not arrive: there was no room for them in the queue of the reader. */
  readonly dropped: number;
  /** Processor time of the broker for each, in microseconds. */
  readonly processorUs: number;
}

/** Unacknowledged messages of one publisher. */
const WINDOW = 20;
/** After the last message, for those that are on their way. */
const SETTLE_MS = 10_000;
/** An open load is sent in steps of this. */
const STEP_MS = 5;

export async function connectClients(broker: Broker, count: number): Promise<Subject> {
  const publishers: MqttClient[] = [];
  for (let index = 0; index < count; index += 1) publishers.push(await broker.publisher(index));
  const reader = await broker.reader(0);
  await reader.subscribe(broker.allTopics, 1);
  return { broker, publishers, reader };
}

/**
 * As many as the broker carries. At QoS 0 nothing is acknowledged: there the arrival of a message
 * lets its publisher send the next.
 */
export async function throughputOf(
  { broker, publishers, reader }: Subject,
  { qos, ms }: { readonly qos: 0 | 1; readonly ms: number },
): Promise<Throughput> {
  const latencies: number[] = [];
  const freed = publishers.map(() => new Array<() => void>());
  let arrivedMs = 0;
  reader.onMessage = (payload) => {
    const { publisher, ms: latencyMs } = readMessage(payload);
    latencies.push(latencyMs);
    arrivedMs = performance.now();
    freed[publisher]?.shift()?.();
  };
  let sent = 0;
  const startMs = performance.now();
  const beforeMs = processorMs(broker.pid);
  const slot = async (client: MqttClient, index: number): Promise<void> => {
    while (performance.now() - startMs < ms) {
      sent += 1;
      const payload = messageOf(index, performance.now());
      if (qos === 1) {
        await client.publish(topicOf(index), payload);
      } else {
        const arrived = new Promise<void>((resolve) => freed[index]?.push(resolve));
        client.publishUnconfirmed(topicOf(index), payload);
        await arrived;
      }
    }
  };
  // What was dropped at QoS 0 would be waited for without end.
  const released = setTimeout(() => {
    for (const free of freed.flat()) free();
  }, ms + SETTLE_MS);
  await Promise.all(
    publishers.flatMap((client, index) =>
      Array.from({ length: WINDOW }, () => slot(client, index)),
    ),
  );
  clearTimeout(released);
  const acknowledgedMs = performance.now();
  await settled(() => latencies.length >= sent);
  return {
    perSecond:
      qos === 1
        ? (sent * 1_000) / (acknowledgedMs - startMs)
        : (latencies.length * 1_000) / (arrivedMs - startMs),
    latency: percentilesOf(latencies),
    dropped: sent - latencies.length,
    processorUs: ((processorMs(broker.pid) - beforeMs) * 1_000) / sent,
  };
}

/** So many a second at QoS 1, whether the broker keeps up or not; from when each was due. */
export async function latencyAt(
  { publishers, reader }: Subject,
  { perSecond, ms }: { readonly perSecond: number; readonly ms: number },
): Promise<Percentiles> {
  const latencies: number[] = [];
  reader.onMessage = (payload) => latencies.push(readMessage(payload).ms);
  const startMs = performance.now();
  const total = Math.floor((ms * perSecond) / 1_000);
  const acknowledged: Promise<void>[] = [];
  while (acknowledged.length < total) {
    const due = Math.min(total, ((performance.now() - startMs) * perSecond) / 1_000);
    while (acknowledged.length < due) {
      const index = acknowledged.length % publishers.length;
      const dueMs = startMs + (acknowledged.length * 1_000) / perSecond;
      const client = publishers[index];
      if (client) acknowledged.push(client.publish(topicOf(index), messageOf(index, dueMs)));
    }
    await pause(STEP_MS);
  }
  await Promise.all(acknowledged);
  await settled(() => latencies.length >= total);
  return percentilesOf(latencies);
}

/** One message to all of these readers, again and again; deliveries a second. */
export async function fanOutOf(
  {
    publishers: [publisher],
    readers,
  }: { publishers: readonly MqttClient[]; readers: readonly MqttClient[] },
  messages: number,
): Promise<number> {
  let arrived = 0;
  let all: (() => void) | undefined;
  for (const reader of readers) {
    reader.onMessage = () => {
      arrived += 1;
      if (arrived % readers.length === 0) all?.();
    };
  }
  const startMs = performance.now();
  for (let sent = 0; sent < messages; sent += 1) {
    const delivered = new Promise<void>((resolve) => (all = resolve));
    await publisher?.publish(topicOf(0), messageOf(0, performance.now()));
    await delivered;
  }
  return (arrived * 1_000) / (performance.now() - startMs);
}

/** A message that was dropped does not end the bench: it is counted. */
async function settled(isDone: () => boolean): Promise<void> {
  await until('all has arrived', isDone, SETTLE_MS).catch(() => undefined);
}
