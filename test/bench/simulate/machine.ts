import { type Costs, fitCosts, spentOn } from './costs.ts';
import { type Load, type Measured, Spent, SPENT } from './measured.ts';
import {
  type Busy,
  fitRoundTrip,
  type PathShares,
  type RoundTrip,
  roundTripMs,
  slowdownOf,
} from './round-trip.ts';

/** Those that have processor time. */
const PROGRAMS = [
  'hubs',
  'listener',
  'database',
  'base',
  'units',
  'balancer',
  'client',
] as const satisfies readonly (keyof Spent)[];
const MS = 1_000;
const CEILING_STEPS = 60;

export interface Predicted {
  /** Of the processors that all programs share, 0 to 1. */
  readonly utilisation: number;
  readonly p50Ms: number;
}

/** The machine on which was measured, with all programs on the same processors. */
export class MeasuredMachine {
  readonly costs: Costs;
  readonly windowMs: number;
  readonly roundTrip: RoundTrip;
  readonly shares: PathShares;
  readonly #measured: Measured;

  constructor(measured: Measured) {
    this.#measured = measured;
    const { costs, windowMs } = fitCosts(measured);
    this.costs = costs;
    this.windowMs = windowMs;
    this.shares = this.#sharesOfPath();
    this.roundTrip = fitRoundTrip(
      // Of the third, how long it takes says only how many were at once.
      measured.fitted.slice(0, 2).map(({ spent, othersMs, p50Ms }) => ({
        slowdown: slowdownOf(this.#busyOf(spent, othersMs), this.shares),
        p50Ms: p50Ms ?? NaN,
      })),
    );
  }

  /** @param othersMs what other programs use of the processors in a second. */
  predict(load: Load, othersMs = 0): Predicted {
    return {
      utilisation: this.utilisationOf(this.#spentOn(load)),
      p50Ms: roundTripMs(this.roundTrip, slowdownOf(this.#busy(load, othersMs), this.shares)),
    };
  }

  /** So many commands a second, and no other load, use up the processors. */
  ceiling(othersMs = 0): number {
    let low = 0;
    let high = 1e6;
    for (let step = 0; step < CEILING_STEPS; step += 1) {
      const commands = (low + high) / 2;
      const load = { commands, deliveries: 0, readings: 0 };
      const { hub, hubThread, baseThread } = this.#busy(load, othersMs);
      if (Math.max(hub.utilisation, hubThread, baseThread) < 1) low = commands;
      else high = commands;
    }
    return low;
  }

  #spentOn(load: Load): Spent {
    const spent = SPENT.map((what) => {
      const cost = this.costs[what];
      return [what, cost.idle + spentOn(cost, load, this.windowMs)];
    });
    return Spent.parse(Object.fromEntries(spent));
  }

  /** Of what was counted. */
  utilisationOf(spent: Spent): number {
    const all = PROGRAMS.reduce((sum, program) => sum + spent[program], 0);
    return all / MS / this.#measured.processors;
  }

  #busy(load: Load, othersMs: number): Busy {
    return this.#busyOf(this.#spentOn(load), othersMs);
  }

  #busyOf(spent: Spent, othersMs: number): Busy {
    const { processors, workingHubs, mainThreadShare } = this.#measured;
    const left = 1 - othersMs / MS / processors;
    const pool = { processors, utilisation: this.utilisationOf(spent) / left };
    return {
      ...{ hub: pool, database: pool, base: pool },
      hubThread: (spent.hubs / MS / workingHubs) * mainThreadShare,
      baseThread: (spent.base / MS) * mainThreadShare,
    };
  }

  #sharesOfPath(): PathShares {
    const of = (what: 'hubs' | 'database' | 'base'): number => {
      const { command, gathering } = this.costs[what];
      return command + gathering;
    };
    const all = of('hubs') + of('database') + of('base');
    return { hub: of('hubs') / all, database: of('database') / all, base: of('base') / all };
  }
}
