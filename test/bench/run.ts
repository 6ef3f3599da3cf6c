import { availableParallelism } from 'node:os';
import { CleanupStack } from '../harness/cleanup.ts';
import { startFloor } from './floor/floor.ts';
import { measure, warmUp } from './latencies.ts';
import { measureReadings } from './readings.ts';
import { startRelay } from './relay.ts';
import { type BenchReport, compare, formatReport, type RoundTripResult } from './report.ts';
import type { Subject } from './subject.ts';

const ROUNDS = 4;
/** Programs that have just started measure their compiler: after so many round trips they are steady. */
const WARM_UP_ROUND_TRIPS = 2_500;
const WARM_UP_READINGS_MS = 2_000;
const ROUND_MS = 3_000;
const READINGS_MS = 10_000;
const MOST_IN_FLIGHT = 16;

/** Floor and system take turns, so that a slow moment of the machine meets both. */
async function compareRoundTrips(
  inFlight: number,
  floor: Subject,
  system: Subject,
): Promise<RoundTripResult> {
  const load = (subject: Subject, durationMs: number): Promise<number[]> =>
    measure({ inFlight, durationMs, roundTrip: subject.roundTrip });
  const floorMs: number[] = [];
  const systemMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    floorMs.push(...(await load(floor, ROUND_MS)));
    systemMs.push(...(await load(system, ROUND_MS)));
  }
  return compare(inFlight, floorMs, systemMs);
}

const cleanup = new CleanupStack();
try {
  const relay = await startRelay(MOST_IN_FLIGHT, cleanup);
  const floor = await startFloor(relay.tls, MOST_IN_FLIGHT, cleanup);
  for (const { roundTrip } of [floor, relay]) {
    await warmUp(WARM_UP_ROUND_TRIPS, { inFlight: MOST_IN_FLIGHT / 2, roundTrip });
  }
  const roundTrips = [
    await compareRoundTrips(1, floor, relay),
    await compareRoundTrips(MOST_IN_FLIGHT, floor, relay),
  ];
  const { base, unitId } = relay.bulk;
  await measureReadings(base, unitId, WARM_UP_READINGS_MS);
  const report: BenchReport = {
    node: process.versions.node,
    processors: availableParallelism(),
    roundTrips,
    readingsPerSecond: await measureReadings(base, unitId, READINGS_MS),
  };
  const asJson = process.argv.includes('--json');
  process.stdout.write(asJson ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
} finally {
  await cleanup.run();
}
