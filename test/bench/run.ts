import { availableParallelism } from 'node:os';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { measureBaseMemory } from './bases/base-memory.ts';
import { startFloor } from './floor/floor.ts';
import { compareRoundTrips } from './compare-round-trips.ts';
import { readingsLoad } from './readings.ts';
import { startRelay } from './relay.ts';
import { type BenchReport, formatReport } from './report.ts';

const READINGS_WARM_UP_MS = 2_000;
const READINGS_MS = 10_000;
const LAMPS = 16;
/** Round trips at once: one, one for each lamp, and four for each, which is more than it can do. */
const IN_FLIGHT = [1, LAMPS, 4 * LAMPS];
const SIMULATED_BASES = 10_000;

/** Without what the relay needs, so that the memory of the bases is measured on an empty machine. */
async function measureRelay(): Promise<Omit<BenchReport, 'baseMemory'>> {
  const cleanup = new CleanupStack();
  try {
    const system = await startRelay(LAMPS, cleanup);
    const floorOf = { tls: system.tls, units: LAMPS };
    const floor = await startFloor({ ...floorOf, isDurable: false }, cleanup);
    const durableFloor = await startFloor({ ...floorOf, isDurable: true }, cleanup);
    const roundTrips = [];
    for (const inFlight of IN_FLIGHT) {
      roundTrips.push(await compareRoundTrips(inFlight, { floor, durableFloor, system }));
    }
    const storeReadings = readingsLoad(system.bulk.base, system.bulk.unitId);
    await storeReadings(READINGS_WARM_UP_MS);
    return {
      node: process.versions.node,
      processors: availableParallelism(),
      roundTrips,
      readingsPerSecond: await storeReadings(READINGS_MS),
    };
  } finally {
    await cleanup.run();
  }
}

const relay = await measureRelay();
const cleanup = new CleanupStack();
try {
  const baseMemory = await measureBaseMemory(SIMULATED_BASES, cleanup);
  const report: BenchReport = { ...relay, baseMemory };
  const asJson = process.argv.includes('--json');
  process.stdout.write(asJson ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
} finally {
  await cleanup.run();
}
