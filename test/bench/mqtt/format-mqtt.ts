import type { Percentiles } from '../latencies.ts';
import type { Ratios } from '../ratios.ts';
import type { Throughput } from './loads.ts';
import { type Compared, type MqttResult, OPEN_LOAD } from './measure.ts';

const KIB = 1_024;

export function formatMqtt(result: MqttResult): string {
  const { qos0, qos1, atOpenLoad, frozen, fanOut, idle, perSecond } = result;
  return [
    'MQTT: the hub (durable) beside mosquitto (in memory), both with TLS; 50 publishers with 20',
    'messages in flight each, one subscriber of all. Median of the rounds, lowest to highest.',
    '',
    ...throughputLines('QoS 0', qos0, perSecond.qos0),
    ...throughputLines('QoS 1', qos1, perSecond.qos1),
    ...percentileLines(`from a message to its reader at ${OPEN_LOAD}/s, QoS 1`, [
      ['hub', atOpenLoad.hub],
      ['mosquitto', atOpenLoad.mosquitto],
    ]),
    ...percentileLines('the same at the hub, in turn without and with a frozen reader', [
      ['without', frozen.without],
      ['beside it', frozen.beside],
    ]),
    'one message to 500 readers, deliveries per second',
    `  hub        ${spread(fanOut.hub)}`,
    `  mosquitto  ${spread(fanOut.mosquitto)}`,
    `  ratio      ${ratio(perSecond.fanOut)}`,
    `an idle connection, of ${idle.connections}`,
    `  hub        ${(idle.hub / KIB).toFixed(1)} KiB, ${(idle.hub / idle.bareTls).toFixed(2)} times a bare TLS connection`,
    `  mosquitto  ${(idle.mosquitto / KIB).toFixed(1)} KiB`,
    `  bare TLS   ${(idle.bareTls / KIB).toFixed(1)} KiB`,
  ].join('\n');
}

function throughputLines(title: string, { hub, mosquitto }: Compared<Throughput>, ratios: Ratios) {
  const line = (name: string, rounds: readonly Throughput[]): string => {
    const dropped = rounds.reduce((sum, round) => sum + round.dropped, 0);
    const p99 = spread(rounds.map(({ latency }) => latency.p99Ms));
    const cost = spread(rounds.map(({ processorUs }) => processorUs));
    return `  ${name.padEnd(10)} ${spread(rounds.map(({ perSecond }) => perSecond))}; p99 ${p99} ms; ${cost} µs of processor each; ${dropped} dropped`;
  };
  return [
    `${title}, messages per second`,
    line('hub', hub),
    line('mosquitto', mosquitto),
    `  ratio      ${ratio(ratios)}`,
  ];
}

function percentileLines(
  title: string,
  runs: readonly (readonly [name: string, rounds: readonly Percentiles[]])[],
): string[] {
  const line = ([name, rounds]: (typeof runs)[number]): string => {
    const p50 = spread(rounds.map(({ p50Ms }) => p50Ms));
    return `  ${name.padEnd(10)} p50 ${p50} ms; p99 ${spread(rounds.map(({ p99Ms }) => p99Ms))} ms`;
  };
  return [title, ...runs.map(line)];
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const shown = (value = Number.NaN): string => value.toFixed(value < 100 ? 1 : 0);
  const median = shown(sorted[Math.floor(sorted.length / 2)]);
  return `${median} (${shown(sorted[0])} to ${shown(sorted.at(-1))})`;
}

function ratio({ median, lowest, highest }: Ratios): string {
  return `${median.toFixed(2)} (${lowest.toFixed(2)} to ${highest.toFixed(2)})`;
}
