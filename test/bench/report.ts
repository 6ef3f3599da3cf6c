import type { BaseMemory } from './bases/base-memory.ts';
import type { Compared, Measured, RoundTripResult } from './compare-round-trips.ts';
import type { Percentiles } from './latencies.ts';
import type { Ratios } from './ratios.ts';

export interface BenchReport {
  readonly node: string;
  readonly processors: number;
  /** One page written and synced, in the folder of the databases. */
  readonly syncs: Percentiles;
  readonly roundTrips: readonly RoundTripResult[];
  readonly readingsPerSecond: number | undefined;
  readonly baseMemory: BaseMemory | undefined;
}

const COLUMN = 10;
const RATIO_COLUMN = 22;

/** The report for people. */
export function formatReport(report: BenchReport): string {
  const { node, processors, syncs, roundTrips, readingsPerSecond, baseMemory } = report;
  const lines = [
    `Node.js ${node}, ${processors} processors; a sync of the disk takes ${syncs.p50Ms.toFixed(2)} ms at p50, ${syncs.p99Ms.toFixed(2)} at p99`,
    ...roundTrips.flatMap(linesOf),
  ];
  if (readingsPerSecond !== undefined) {
    lines.push(
      '',
      `Readings stored durably through the webhook intake: ${whole(readingsPerSecond)} per second`,
    );
  }
  if (baseMemory !== undefined) lines.push('', ...memoryLines(baseMemory));
  return `${lines.join('\n')}\n`;
}

function linesOf(result: RoundTripResult): string[] {
  const { inFlight, rounds, floor, durableFloor, system, toFloor, toDurableFloor } = result;
  const row = (name: string, of: (one: Measured) => number, ratio?: keyof Compared): string =>
    [
      name.padEnd(34),
      ...[floor, durableFloor, system].map((one) => cell(of(one))),
      ...(ratio === undefined
        ? []
        : [toFloor, toDurableFloor].map((one) => spread(one[ratio]).padStart(RATIO_COLUMN))),
    ].join(' ');
  const processor = (one: Measured): number =>
    one.costs.processorMs.hub + one.costs.processorMs.base;
  return [
    '',
    `Command round trip, ${inFlight} in flight: HTTPS POST to the result on the client’s channel; ${whole(system.count)} each, in ${rounds} rounds that take turns`,
    [
      ''.padEnd(34),
      ...['floor', 'with syncs', 'system'].map((name) => name.padStart(COLUMN)),
      ...['to floor', 'to floor with syncs'].map((name) => name.padStart(RATIO_COLUMN)),
    ].join(' '),
    row('p50, ms', ({ p50Ms }) => p50Ms, 'p50'),
    row(system.count < 10_000 ? 'p99, ms (of too few)' : 'p99, ms', ({ p99Ms }) => p99Ms, 'p99'),
    row('per second', ({ perSecond }) => perSecond, 'perSecond'),
    row('processor ms per command: hub', ({ costs }) => costs.processorMs.hub),
    row('  base', ({ costs }) => costs.processorMs.base),
    row('  hub and base', processor),
    row('  unit', ({ costs }) => costs.processorMs.unit),
    row('  client', ({ costs }) => costs.processorMs.client),
    row('TCP segments per command', ({ costs }) => costs.segments),
    ...Object.entries(system.costs.databases).map(
      ([name, { transactions, pages }]) =>
        `${name}: ${transactions.toFixed(2)} transactions and ${pages.toFixed(1)} pages per command`,
    ),
  ];
}

function memoryLines({
  bases,
  bytesPerBase,
  bytesPerBareSocket,
  onlineAfterSeconds,
}: BaseMemory): string[] {
  const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KiB`;
  return [
    `Memory of the hub: ${kib(bytesPerBase)} for each of ${whole(bases)} idle bases, all online after ${whole(onlineAfterSeconds)} s;`,
    `a WSS connection of the same TLS with nothing behind it: ${kib(bytesPerBareSocket)}; ratio ${(bytesPerBase / bytesPerBareSocket).toFixed(2)}`,
  ];
}

function cell(value: number): string {
  return value.toFixed(2).padStart(COLUMN);
}

/** The median of the rounds' ratios, and the lowest and the highest. */
function spread({ median, lowest, highest }: Ratios): string {
  return `${median.toFixed(2)}x (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
