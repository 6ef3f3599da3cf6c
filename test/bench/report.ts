import type { BaseMemory } from './bases/base-memory.ts';
import type { RoundTripResult } from './compare-round-trips.ts';

export interface BenchReport {
  readonly node: string;
  readonly processors: number;
  readonly roundTrips: readonly RoundTripResult[];
  readonly readingsPerSecond: number;
  readonly baseMemory: BaseMemory;
}

const HEADER = ['in flight', '', 'floor', 'with syncs', 'system', 'ratio', 'to syncs'];

const COLUMN = 10;

/** The report for people. */
export function formatReport({ roundTrips, baseMemory, ...report }: BenchReport): string {
  const table = [HEADER, ...roundTrips.flatMap(rowsOf)].map((row) =>
    row.map((cell) => cell.padStart(COLUMN)).join(' '),
  );
  const { bases, bytesPerBase, onlineAfterSeconds } = baseMemory;
  return [
    'Command round trip in ms: HTTPS POST to the result on the client’s channel',
    ...table,
    '',
    `Readings stored durably through the webhook intake: ${whole(report.readingsPerSecond)} per second`,
    `Memory of the hub: ${(bytesPerBase / 1_024).toFixed(1)} KiB for each of ${whole(bases)} bases, all online after ${whole(onlineAfterSeconds)} s`,
    `Node.js ${report.node}, ${report.processors} processors`,
    '',
  ].join('\n');
}

function rowsOf({ inFlight, floor, durableFloor, system }: RoundTripResult): string[][] {
  const row = (name: string, values: readonly [number, number, number]): string[] => {
    const [least, withSyncs, own] = values;
    return [
      name,
      ...values.map((value) => value.toFixed(2)),
      times(own / least),
      times(own / withSyncs),
    ];
  };
  return [
    [`${inFlight}`, ...row('p50', [floor.p50Ms, durableFloor.p50Ms, system.p50Ms])],
    ['', ...row('p99', [floor.p99Ms, durableFloor.p99Ms, system.p99Ms])],
    ['', ...row('per s', [floor.perSecond, durableFloor.perSecond, system.perSecond])],
  ];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)}x`;
}
