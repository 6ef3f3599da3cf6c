import type { CleanupStack } from '#platform/testing/cleanup.ts';
import { type Costs, sumOfCosts } from '../cost/cost-meter.ts';
import { measure, type Percentiles, percentilesOf, warmUp } from '../latencies.ts';
import { type Ratios, ratiosOf } from '../ratios.ts';
import type { MeteredSubject, Subject } from '../subject.ts';
import { type ClusterRelay, startClusterRelay } from './cluster-relay.ts';
import type { ClusterCosts } from './cluster-meter.ts';

/** Processor time of a command in milliseconds, and what it writes. */
interface CommandCosts {
  readonly hubs: number;
  readonly database: number;
  readonly base: number;
  readonly transactions: number;
  readonly busMessages: number;
}

export interface Contender extends Percentiles {
  /** `SQLite`, or PostgreSQL with so many hubs. */
  readonly name: string;
  readonly perSecond: number;
  readonly costs: CommandCosts;
  /** To SQLite's, round by round. */
  readonly toSqlite: { readonly p50: Ratios; readonly p99: Ratios; readonly perSecond: Ratios };
}

export interface HubsResult {
  readonly inFlight: number;
  readonly rounds: number;
  readonly contenders: readonly Contender[];
}

interface Round extends Percentiles {
  readonly latenciesMs: readonly number[];
  readonly perSecond: number;
  readonly costs: CommandCosts;
}

interface Runner extends Subject {
  readonly name: string;
  readonly during: (
    work: () => Promise<number[]>,
  ) => Promise<{ readonly result: number[]; readonly costs: CommandCosts }>;
}

export interface HubsEffort {
  readonly rounds: number;
  readonly roundTripsPerRound: number;
  readonly warmUp: number;
  readonly lamps: number;
  readonly loads: readonly number[];
}

const HUBS = [1, 2, 3];

/**
 * A hub on SQLite beside one, two and three on PostgreSQL, all there at once and taking turns.
 * Idle contenders cost next to nothing.
 */
export async function compareHubs(
  effort: HubsEffort,
  sqlite: MeteredSubject,
  cleanup: CleanupStack,
): Promise<HubsResult[]> {
  const runners = [ofSqlite(sqlite)];
  for (const hubs of HUBS) {
    runners.push(ofCluster(await startClusterRelay({ hubs, lamps: effort.lamps }, cleanup)));
  }
  const results: HubsResult[] = [];
  for (const inFlight of effort.loads) results.push(await compareAt(inFlight, runners, effort));
  return results;
}

async function compareAt(
  inFlight: number,
  runners: readonly Runner[],
  effort: HubsEffort,
): Promise<HubsResult> {
  const roundsOf = new Map(runners.map((runner) => [runner, new Array<Round>()]));
  for (const { roundTrip } of runners) await warmUp(effort.warmUp, { inFlight, roundTrip });
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const [runner, rounds] of roundsOf) {
      rounds.push(await oneRound(runner, { inFlight, count: effort.roundTripsPerRound }));
    }
  }
  const [first = []] = roundsOf.values();
  const contenders = [...roundsOf].map(([{ name }, rounds]) => contenderOf(name, rounds, first));
  return { inFlight, rounds: effort.rounds, contenders };
}

async function oneRound(
  { roundTrip, during }: Runner,
  { inFlight, count }: { readonly inFlight: number; readonly count: number },
): Promise<Round> {
  let seconds = NaN;
  const { result, costs } = await during(async () => {
    const startMs = performance.now();
    const latencies = await measure({ inFlight, count, roundTrip });
    seconds = (performance.now() - startMs) / 1_000;
    return latencies;
  });
  return { ...percentilesOf(result), latenciesMs: result, perSecond: count / seconds, costs };
}

function contenderOf(name: string, rounds: readonly Round[], sqlite: readonly Round[]): Contender {
  const latencies = rounds.flatMap(({ latenciesMs }) => latenciesMs);
  const seconds = rounds.reduce((sum, round) => sum + round.count / round.perSecond, 0);
  const perCommand = (of: (costs: CommandCosts) => number): number =>
    rounds.reduce((sum, { costs }) => sum + of(costs), 0) / latencies.length;
  const ratios = (of: (round: Round) => number): Ratios => ratiosOf(rounds.map(of), sqlite.map(of));
  return {
    name,
    ...percentilesOf(latencies),
    perSecond: latencies.length / seconds,
    costs: {
      hubs: perCommand(({ hubs }) => hubs),
      database: perCommand(({ database }) => database),
      base: perCommand(({ base }) => base),
      transactions: perCommand(({ transactions }) => transactions),
      busMessages: perCommand(({ busMessages }) => busMessages),
    },
    toSqlite: {
      p50: ratios(({ p50Ms }) => p50Ms),
      p99: ratios(({ p99Ms }) => p99Ms),
      perSecond: ratios(({ perSecond }) => perSecond),
    },
  };
}

function ofSqlite({ roundTrip, meter }: MeteredSubject): Runner {
  return {
    name: '1 hub, SQLite',
    roundTrip,
    during: async (work) => {
      const { result, costs } = await meter.during(work);
      return { result, costs: sqliteCosts(sumOfCosts([costs])) };
    },
  };
}

function sqliteCosts({ processorMs, databases }: Costs): CommandCosts {
  const { hub, base } = processorMs;
  const transactions = databases['hub']?.transactions ?? NaN;
  return { hubs: hub, database: 0, base, transactions, busMessages: 0 };
}

function ofCluster({ roundTrip, meter, cluster }: ClusterRelay): Runner {
  const count = cluster.hubs.length;
  return {
    name: `${count} hub${count === 1 ? '' : 's'}, PostgreSQL`,
    roundTrip,
    during: async (work) => {
      const { result, costs } = await meter.during(work);
      return { result, costs: clusterCosts(costs) };
    },
  };
}

function clusterCosts({ processorMs, transactions, busMessages }: ClusterCosts): CommandCosts {
  const { hubs, database, base } = processorMs;
  const all = hubs.reduce((sum, ms) => sum + ms, 0);
  return { hubs: all, database, base, transactions, busMessages };
}
