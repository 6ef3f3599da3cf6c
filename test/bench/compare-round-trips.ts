import { type Costs, sumOfCosts } from './cost/cost-meter.ts';
import { measure, type Percentiles, percentilesOf, warmUp } from './latencies.ts';
import { type Ratios, ratiosOf } from './ratios.ts';
import type { MeteredSubject } from './subject.ts';

/** An empty floor, one that stores what it receives, and the system itself. */
export interface Subjects {
  readonly floor: MeteredSubject;
  readonly durableFloor: MeteredSubject;
  readonly system: MeteredSubject;
}

/** How much is measured. */
export interface Effort {
  /** In which floors and system take turns. */
  readonly rounds: number;
  readonly roundTripsPerRound: number;
  /** Programs that have just started measure their compiler: before the first round, and between loads. */
  readonly warmUp: number;
}

export interface Measured extends Percentiles {
  readonly perSecond: number;
  /** For one command, in all rounds. */
  readonly costs: Costs;
}

export interface Compared {
  readonly p50: Ratios;
  readonly p99: Ratios;
  readonly perSecond: Ratios;
}

export interface RoundTripResult {
  readonly inFlight: number;
  readonly rounds: number;
  readonly floor: Measured;
  readonly durableFloor: Measured;
  readonly system: Measured;
  /** The system's to those of each floor, round by round. */
  readonly toFloor: Compared;
  readonly toDurableFloor: Compared;
}

interface Round extends Percentiles {
  readonly latenciesMs: readonly number[];
  readonly perSecond: number;
  readonly costs: Costs;
}

/** The subjects alternate, so that a slow moment of the machine affects all of them. */
export async function compareRoundTrips(
  inFlight: number,
  { floor, durableFloor, system }: Subjects,
  effort: Effort,
): Promise<RoundTripResult> {
  const contenders = [floor, durableFloor, system].map((subject) => ({
    subject,
    rounds: new Array<Round>(),
  }));
  for (const { subject } of contenders) {
    await warmUp(effort.warmUp, { inFlight, roundTrip: subject.roundTrip });
  }
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const { subject, rounds } of contenders) {
      rounds.push(await oneRound(subject, { inFlight, count: effort.roundTripsPerRound }));
    }
  }
  const [ofFloor = [], ofDurable = [], ofSystem = []] = contenders.map(({ rounds }) => rounds);
  return {
    inFlight,
    rounds: effort.rounds,
    floor: summary(ofFloor),
    durableFloor: summary(ofDurable),
    system: summary(ofSystem),
    toFloor: compared(ofSystem, ofFloor),
    toDurableFloor: compared(ofSystem, ofDurable),
  };
}

async function oneRound(
  { roundTrip, meter }: MeteredSubject,
  { inFlight, count }: { readonly inFlight: number; readonly count: number },
): Promise<Round> {
  const startMs = performance.now();
  const { result, costs } = await meter.during(() => measure({ inFlight, count, roundTrip }));
  const seconds = (performance.now() - startMs) / 1_000;
  return { ...percentilesOf(result), latenciesMs: result, perSecond: count / seconds, costs };
}

function summary(rounds: readonly Round[]): Measured {
  const latencies = rounds.flatMap(({ latenciesMs }) => latenciesMs);
  const seconds = rounds.reduce((sum, round) => sum + round.count / round.perSecond, 0);
  return {
    ...percentilesOf(latencies),
    perSecond: latencies.length / seconds,
    costs: perCommand(sumOfCosts(rounds.map(({ costs }) => costs)), latencies.length),
  };
}

function perCommand({ processorMs, segments, databases }: Costs, commands: number): Costs {
  return {
    processorMs: {
      hub: processorMs.hub / commands,
      base: processorMs.base / commands,
      unit: processorMs.unit / commands,
      client: processorMs.client / commands,
    },
    segments: segments / commands,
    databases: Object.fromEntries(
      Object.entries(databases).map(([name, { transactions, pages }]) => [
        name,
        { transactions: transactions / commands, pages: pages / commands },
      ]),
    ),
  };
}

function compared(system: readonly Round[], floor: readonly Round[]): Compared {
  const ratios = (of: (round: Round) => number): Ratios => ratiosOf(system.map(of), floor.map(of));
  return {
    p50: ratios(({ p50Ms }) => p50Ms),
    p99: ratios(({ p99Ms }) => p99Ms),
    perSecond: ratios(({ perSecond }) => perSecond),
  };
}
