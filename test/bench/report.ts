import { type Percentiles, percentilesOf } from './latencies.ts';

export interface RoundTripResult {
  readonly inFlight: number;
  readonly floor: Percentiles;
  readonly system: Percentiles;
  readonly p50Ratio: number;
  readonly p99Ratio: number;
}

export interface BenchReport {
  readonly node: string;
  readonly processors: number;
  readonly roundTrips: readonly RoundTripResult[];
  readonly readingsPerSecond: number;
}

export function compare(
  inFlight: number,
  floorMs: readonly number[],
  systemMs: readonly number[],
): RoundTripResult {
  const floor = percentilesOf(floorMs);
  const system = percentilesOf(systemMs);
  return {
    inFlight,
    floor,
    system,
    p50Ratio: system.p50Ms / floor.p50Ms,
    p99Ratio: system.p99Ms / floor.p99Ms,
  };
}

/** The report for people. */
export function formatReport(report: BenchReport): string {
  const header = ['in flight', '', 'floor ms', 'system ms', 'ratio', 'commands'];
  const rows = report.roundTrips.flatMap(({ inFlight, floor, system, p50Ratio, p99Ratio }) => [
    [`${inFlight}`, 'p50', ms(floor.p50Ms), ms(system.p50Ms), times(p50Ratio), `${system.count}`],
    ['', 'p99', ms(floor.p99Ms), ms(system.p99Ms), times(p99Ratio), ''],
  ]);
  const table = [header, ...rows].map((row) =>
    row.map((cell, column) => cell.padStart(header[column]?.length ?? 0)).join('  '),
  );
  const rate = Math.round(report.readingsPerSecond).toLocaleString('en');
  return [
    'Command round trip: HTTPS POST to the result on the client’s channel',
    ...table,
    '',
    `Readings stored durably through the webhook intake: ${rate} per second`,
    `Node.js ${report.node}, ${report.processors} processors`,
    '',
  ].join('\n');
}

function ms(value: number): string {
  return value.toFixed(2);
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)}x`;
}
