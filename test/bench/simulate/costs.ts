import { z } from 'zod';
import { type Equation, leastSquares } from './least-squares.ts';
import { type Load, type Measured, type Run, Spent, SPENT } from './measured.ts';
import { gathers } from './queue.ts';

/** Hubs gather hints for 8 ms, and a base its results for 10. */
export const GATHER_WINDOW_MS = 10;

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

/** Costs by non-negative least squares: of readings from runs with readings alone, of commands from three loads. */
export function fitCosts({
  idle,
  smallDeliveries,
  largeDeliveries,
  fitted,
}: Pick<Measured, 'idle' | 'smallDeliveries' | 'largeDeliveries' | 'fitted'>): Costs {
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
        const factors = [commands, gathers(commands, GATHER_WINDOW_MS)];
        return { factors, value: rest(run, known) };
      }),
    );
    return { idle: without, command, gathering, delivery, reading };
  };
  return Costs.parse(Object.fromEntries(SPENT.map((what) => [what, costOf(what)])));
}

/** What a load costs above nothing, per second. */
export function spentOn(cost: Cost, { commands, deliveries, readings }: Load): number {
  return (
    cost.command * commands +
    cost.gathering * gathers(commands, GATHER_WINDOW_MS) +
    cost.delivery * deliveries +
    cost.reading * readings
  );
}
