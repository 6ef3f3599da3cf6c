import type { Cleanup } from '#platform/testing/cleanup.ts';
import { type Percentiles } from '../latencies.ts';
import { type Ratios, ratiosOf } from '../ratios.ts';
import { type Broker, type HubBroker, startHubBroker, startMosquitto } from './brokers.ts';
import { type IdleMemory, measureIdleMemory } from './idle-memory.ts';
import {
  connectClients,
  fanOutOf,
  latencyAt,
  type Subject,
  type Throughput,
  throughputOf,
} from './loads.ts';
import type { MqttClient } from './mqtt-client.ts';

export interface MqttEffort {
  readonly rounds: number;
  /** Of one round of one broker. */
  readonly roundMs: number;
  readonly fanOutMessages: number;
  readonly idle: number;
}

/** The hub beside mosquitto, in alternating rounds. */
export interface Compared<T> {
  readonly hub: readonly T[];
  readonly mosquitto: readonly T[];
}

export interface MqttResult {
  readonly qos0: Compared<Throughput>;
  readonly qos1: Compared<Throughput>;
  readonly atOpenLoad: Compared<Percentiles>;
  /** The hub alone: runs without, and with a subscriber that does not read, in turn. */
  readonly frozen: {
    readonly without: readonly Percentiles[];
    readonly beside: readonly Percentiles[];
  };
  readonly fanOut: Compared<number>;
  readonly idle: IdleMemory;
  readonly perSecond: { readonly qos0: Ratios; readonly qos1: Ratios; readonly fanOut: Ratios };
}

const PUBLISHERS = 50;
const FAN_OUT = 500;
/** Messages a second of the open load. */
export const OPEN_LOAD = 1_000;
const WARM_UP_MS = 2_000;

export async function measureMqtt(effort: MqttEffort, cleanup: Cleanup): Promise<MqttResult> {
  const hub = await startHubBroker({ publishers: PUBLISHERS, readers: FAN_OUT + 2 }, cleanup);
  const mosquitto = await startMosquitto(hub, cleanup);
  // First, on an empty machine and before either broker has had a load.
  const idle = await measureIdleMemory(effort.idle, { hub, mosquitto }, cleanup);
  const subjects = [
    await connectClients(hub, PUBLISHERS),
    await connectClients(mosquitto, PUBLISHERS),
  ] as const;
  const { rounds, roundMs: ms } = effort;
  for (const subject of subjects) await throughputOf(subject, { qos: 1, ms: WARM_UP_MS });
  const qos0 = await inTurn(subjects, rounds, (subject) => throughputOf(subject, { qos: 0, ms }));
  const qos1 = await inTurn(subjects, rounds, (subject) => throughputOf(subject, { qos: 1, ms }));
  const atOpenLoad = await inTurn(subjects, rounds, (subject) =>
    latencyAt(subject, { perSecond: OPEN_LOAD, ms }),
  );
  const frozen = await besideFrozen(hub, subjects[0], effort);
  const fanOut = await measureFanOut([hub, mosquitto], subjects, effort);
  const perSecond = ({ hub: ours, mosquitto: theirs }: Compared<Throughput>): Ratios =>
    ratiosOf(ours.map(rate), theirs.map(rate));
  return {
    ...{ qos0, qos1, atOpenLoad, frozen, fanOut, idle },
    perSecond: {
      qos0: perSecond(qos0),
      qos1: perSecond(qos1),
      fanOut: ratiosOf(fanOut.hub, fanOut.mosquitto),
    },
  };
}

function rate({ perSecond }: Throughput): number {
  return perSecond;
}

async function inTurn<S, T>(
  [hub, mosquitto]: readonly [S, S],
  rounds: number,
  measure: (subject: S) => Promise<T>,
): Promise<Compared<T>> {
  const results = { hub: new Array<T>(), mosquitto: new Array<T>() };
  for (let round = 0; round < rounds; round += 1) {
    results.hub.push(await measure(hub));
    results.mosquitto.push(await measure(mosquitto));
  }
  return results;
}

async function besideFrozen(
  hub: HubBroker,
  subject: Subject,
  { rounds, roundMs: ms }: MqttEffort,
): Promise<MqttResult['frozen']> {
  const results = { without: new Array<Percentiles>(), beside: new Array<Percentiles>() };
  for (let round = 0; round < rounds; round += 1) {
    results.without.push(await latencyAt(subject, { perSecond: OPEN_LOAD, ms }));
    const frozen = await hub.reader(1);
    await frozen.subscribe(hub.allTopics, 1);
    frozen.freeze();
    results.beside.push(await latencyAt(subject, { perSecond: OPEN_LOAD, ms }));
    frozen.close();
  }
  return results;
}

/** With readers of their own, which are connected last: they would be in the way of the others. */
async function measureFanOut(
  brokers: readonly [Broker, Broker],
  [ours, theirs]: readonly [Subject, Subject],
  { rounds, fanOutMessages }: MqttEffort,
): Promise<Compared<number>> {
  const subjects = [
    { publishers: ours.publishers, readers: await readersOf(brokers[0]) },
    { publishers: theirs.publishers, readers: await readersOf(brokers[1]) },
  ] as const;
  return await inTurn(subjects, rounds, (subject) => fanOutOf(subject, fanOutMessages));
}

async function readersOf(broker: Broker): Promise<MqttClient[]> {
  const readers: MqttClient[] = [];
  for (let index = 2; index < FAN_OUT + 2; index += 1) {
    const reader = await broker.reader(index);
    await reader.subscribe(broker.topicsOf(0), 1);
    readers.push(reader);
  }
  return readers;
}
