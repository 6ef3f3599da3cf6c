import { z } from 'zod';
import { type Equation, leastSquares } from './least-squares.ts';
import { type Load, type Measured, type Run, Spent, SPENT } from './measured.ts';
import { gathers } from './queue.ts';

/**
 * What comes together shares commits, hints and packets: for how long, follows from the fit. A
 * hub gathers hints for 8 ms and a base its results for 10, and both while they are busy.
 */
const WINDOWS_MS = [0, 5, 10, 15, 20, 30, 40, 60, 80, 120, 160];

/** Of one thing that is spent: without load, and for each of what makes up a load. */
const Cost = z.object({
  idle: z.number(),
  command: z.number(),
  /** For each gathering of commands: what those share that come together. */
  gathering: z.number(),
  delivery: z.number(),
  reading: z.number(),
});
export type Cost = z.infer<typeof Cost>;

const Costs = z.record(Spent.keyof(), Cost);
export type Costs = z.infer<typeof Costs>;

export interface Fit {
  readonly costs: Costs;
  /** In which commands are gathered. */
  readonly windowMs: number;
}

type FittedRuns = Pick<Measured, 'idle' | 'smallDeliveries' | 'largeDeliveries' | 'fitted'>;

/** Costs by non-negative least squares: of readings from runs with readings alone, of commands from three loads. */
export function fitCosts(runs: FittedRuns): Fit {
  const fits = WINDOWS_MS.map((windowMs) => ({ windowMs, costs: costsWith(runs, windowMs) }));
  const errors = fits.map((fit) => errorOf(fit, runs));
  return fits[errors.indexOf(Math.min(...errors))] ?? { windowMs: 0, costs: costsWith(runs, 0) };
}

function costsWith(
  { idle, smallDeliveries, largeDeliveries, fitted }: FittedRuns,
  windowMs: number,
): Costs {
  const costOf = (what: keyof Spent): Cost => {
    const without = idle.spent[what];
    const rest = ({ spent }: Run, known: number): number => Math.max(0, spent[what] - known);
    const [delivery = 0, reading = 0] = leastSquares(
      [smallDeliveries, largeDeliveries].map((run): Equation => {
        const { deliveries, readings } = run.load;
        return { factors: [deliveries, readings], value: rest(run, without) };
      }),
    );
    const [command = 0, gathering = 0] = leastSquares(
      fitted.map((run): Equation => {
        const { commands, deliveries, readings } = run.load;
        const known = without + delivery * deliveries + reading * readings;
        const factors = [commands, gathers(commands, windowMs)];
        return { factors, value: rest(run, known) };
      }),
    );
    return { idle: without, command, gathering, delivery, reading };
  };
  return Costs.parse(Object.fromEntries(SPENT.map((what) => [what, costOf(what)])));
}

/** Squares of the relative errors of the processor time of those that have most. */
function errorOf({ costs, windowMs }: Fit, { fitted }: FittedRuns): number {
  const errors = fitted.flatMap(({ load, spent }) =>
    (['hubs', 'database', 'base'] as const).map((what) => {
      const cost = costs[what];
      return (cost.idle + spentOn(cost, load, windowMs)) / spent[what] - 1;
    }),
  );
  return errors.reduce((sum, error) => sum + error * error, 0);
}

/** What a load costs above nothing, per second. */
export function spentOn(
  cost: Cost,
  { commands, deliveries, readings }: Load,
  windowMs: number,
): number {
  return (
    cost.command * commands +
    cost.gathering * gathers(commands, windowMs) +
    cost.delivery * deliveries +
    cost.reading * readings
  );
}
