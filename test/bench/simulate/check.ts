import { z } from 'zod';
import type { LoadedCluster, WantedRun } from './loaded-cluster.ts';
import { MeasuredMachine } from './machine.ts';
import { type Measured, Run } from './measured.ts';
import { originNow } from './measure.ts';

/** Unlike all that the simulation is fitted on: commands and readings together, at another load. */
const UNSEEN: WantedRun = {
  ...{ name: 'commands and readings', seconds: 20, commandsPerSecond: 15 },
  ...{ deliveriesPerSecond: 4, readingsPerDelivery: 50 },
};
const CEILING = { inFlight: 64, commands: 1_000 };
const TOLERANCE = 0.25;

const Comparison = z.object({ predicted: z.number(), measured: z.number() });

export const Checked = z.object({
  date: z.string(),
  commit: z.string(),
  machineLoad: z.number(),
  /** Of the measurements that the prediction rests on. */
  measuredCommit: z.string(),
  run: Run,
  /** Of other programs, while the ceiling was measured. */
  othersAtCeilingMs: z.number(),
  commandsPerSecond: Comparison,
  utilisation: Comparison,
  p50Ms: Comparison,
});
export type Checked = z.infer<typeof Checked>;

/** Predicts a run before it is measured. */
export async function check(measured: Measured, cluster: LoadedCluster): Promise<Checked> {
  const { date, commit, machineLoad } = originNow();
  const machine = new MeasuredMachine(measured);
  const run = await cluster.run(UNSEEN);
  const ceiling = await cluster.ceiling('64 at once', CEILING.inFlight, CEILING.commands);
  const predicted = machine.predict(run.load, run.othersMs);
  return {
    ...{ date, commit, machineLoad, measuredCommit: measured.commit, run },
    othersAtCeilingMs: ceiling.othersMs,
    commandsPerSecond: {
      predicted: machine.ceiling(ceiling.othersMs),
      measured: ceiling.load.commands,
    },
    utilisation: {
      predicted: predicted.utilisation,
      measured: machine.utilisationOf(run.spent),
    },
    p50Ms: { predicted: predicted.p50Ms, measured: run.p50Ms ?? NaN },
  };
}

function errorOf({ predicted, measured }: z.infer<typeof Comparison>): number {
  return predicted / measured - 1;
}

/** What the prediction was further off than it may be. */
export function failuresOf(checked: Checked): string[] {
  const { commandsPerSecond, utilisation, p50Ms } = checked;
  return Object.entries({ commandsPerSecond, utilisation, p50Ms })
    .filter(([, comparison]) => !(Math.abs(errorOf(comparison)) <= TOLERANCE))
    .map(([name]) => name);
}

export function formatChecked(checked: Checked): string {
  const row = (name: string, comparison: z.infer<typeof Comparison>, digits: number): string => {
    const { predicted, measured } = comparison;
    const error = `${(errorOf(comparison) * 100).toFixed(0)} %`;
    return `| ${name} | ${predicted.toFixed(digits)} | ${measured.toFixed(digits)} | ${error} |`;
  };
  const { load } = checked.run;
  return [
    `${load.commands.toFixed(0)} commands, ${load.deliveries.toFixed(0)} deliveries and ${load.readings.toFixed(0)} readings a second`,
    '',
    '| | predicted | measured | error |',
    '|---|---|---|---|',
    row('throughput ceiling, commands per second', checked.commandsPerSecond, 0),
    row('utilisation of the processors', checked.utilisation, 2),
    row('p50 of the round trip, ms', checked.p50Ms, 1),
  ].join('\n');
}
