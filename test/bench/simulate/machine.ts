import { type Costs, fitCosts, spentOn } from './costs.ts';
import type { Load, Measured, Spent } from './measured.ts';
import {
  type Busy,
  fitRoundTrip,
  type PathShares,
  type RoundTrip,
  roundTripMs,
  stretchOf,
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
  readonly roundTrip: RoundTrip;
  readonly shares: PathShares;
  readonly #measured: Measured;

  constructor(measured: Measured) {
    this.#measured = measured;
    this.costs = fitCosts(measured);
    this.shares = this.#sharesOfPath();
    this.roundTrip = fitRoundTrip(
      measured.fitted.map(({ load, othersMs, p50Ms }) => ({
        stretch: stretchOf(this.#busy(load, othersMs), this.shares),
        p50Ms: p50Ms ?? NaN,
      })),
    );
  }

  /** @param othersMs what other programs use of the processors in a second. */
  predict(load: Load, othersMs = 0): Predicted {
    return {
      utilisation: this.#utilisation(load),
      p50Ms: roundTripMs(this.roundTrip, stretchOf(this.#busy(load, othersMs), this.shares)),
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

  #spent(what: keyof Spent, load: Load): number {
    const cost = this.costs[what];
    return cost.idle + spentOn(cost, load);
  }

  /** Of what was counted. */
  utilisationOf(spent: Spent): number {
    const all = PROGRAMS.reduce((sum, program) => sum + spent[program], 0);
    return all / MS / this.#measured.processors;
  }

  #utilisation(load: Load): number {
    const all = PROGRAMS.reduce((sum, program) => sum + this.#spent(program, load), 0);
    return all / MS / this.#measured.processors;
  }

  #busy(load: Load, othersMs: number): Busy {
    const { processors, workingHubs, mainThreadShare } = this.#measured;
    const left = 1 - othersMs / MS / processors;
    const pool = { processors, utilisation: this.#utilisation(load) / left };
    return {
      ...{ hub: pool, database: pool, base: pool },
      hubThread: (this.#spent('hubs', load) / MS / workingHubs) * mainThreadShare,
      baseThread: (this.#spent('base', load) / MS) * mainThreadShare,
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
