import { type Load, measure, type Percentiles, percentilesOf, warmUp } from './latencies.ts';
import type { Subject } from './subject.ts';

/** A floor with nothing in it, one that keeps what it was given, and the system itself. */
export interface Subjects {
  readonly floor: Subject;
  readonly durableFloor: Subject;
  readonly system: Subject;
}

export interface Measured extends Percentiles {
  readonly perSecond: number;
}

export interface RoundTripResult {
  readonly inFlight: number;
  readonly floor: Measured;
  readonly durableFloor: Measured;
  readonly system: Measured;
}

const ROUNDS = 4;
const ROUND_MS = 3_000;
/** Programs that have just started measure their compiler: after so many round trips they are steady. */
const WARM_UP = 2_500;

/** The subjects take turns, so that a slow moment of the machine meets all of them. */
export async function compareRoundTrips(
  inFlight: number,
  subjects: Subjects,
): Promise<RoundTripResult> {
  const all = [subjects.floor, subjects.durableFloor, subjects.system];
  for (const { roundTrip } of all) await warmUp(WARM_UP, { inFlight, roundTrip });
  const samples = all.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { roundTrip }] of all.entries()) {
      const load: Load = { inFlight, durationMs: ROUND_MS, roundTrip };
      samples[index]?.push(...(await measure(load)));
    }
  }
  const [floor = [], durableFloor = [], system = []] = samples;
  return {
    inFlight,
    floor: summary(floor),
    durableFloor: summary(durableFloor),
    system: summary(system),
  };
}

function summary(latenciesMs: readonly number[]): Measured {
  const seconds = (ROUNDS * ROUND_MS) / 1_000;
  return { ...percentilesOf(latenciesMs), perSecond: latenciesMs.length / seconds };
}
