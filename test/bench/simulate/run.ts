import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { refuseMemory } from '../disk.ts';
import { withCleanup } from '../with-cleanup.ts';
import { check, failuresOf, formatChecked } from './check.ts';
import { USUAL, workloadOf } from './deployment.ts';
import { formatPlan } from './format-plan.ts';
import { Installation } from './installation.ts';
import { LoadedCluster } from './loaded-cluster.ts';
import { BASES, measureBases } from './measure-bases.ts';
import { measureRuns, originNow } from './measure.ts';
import { Measured } from './measured.ts';

const MEASURED = join(import.meta.dirname, 'measured.json');
const GIB = 1_024 ** 3;
const CHECKED = join(import.meta.dirname, 'checked.json');

const { values: options } = parseArgs({
  options: {
    measure: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    /** Numbers of bases and hubs, `a,b,c`. */
    bases: { type: 'string', default: '100,10000,1000000' },
    hubs: { type: 'string', default: '1,3,10' },
    /** Of each base: its units, and the commands to it in the busiest hour. */
    units: { type: 'string', default: '10' },
    commands: { type: 'string', default: '8' },
    /** Of each unit in a minute. */
    readings: { type: 'string', default: '1' },
    'hub-processors': { type: 'string', default: String(USUAL.hubProcessors) },
    'hub-memory': { type: 'string', default: String(USUAL.hubMemoryBytes / GIB) },
    'database-processors': { type: 'string', default: String(USUAL.databaseProcessors) },
    'database-connections': { type: 'string', default: String(USUAL.databaseConnections) },
  },
});

function write(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

function measured(): Measured {
  if (!existsSync(MEASURED)) throw new Error(`${MEASURED} is missing: run with --measure first`);
  return Measured.parse(JSON.parse(readFileSync(MEASURED, 'utf8')));
}

function plan(): string {
  const numbers = (list: string): number[] => list.split(',').map(Number);
  const workloads = numbers(options.bases).map((bases) =>
    workloadOf({
      bases,
      units: Number(options.units),
      readingsPerMinute: Number(options.readings),
      commandsPerHour: Number(options.commands),
    }),
  );
  const usual = {
    ...USUAL,
    hubProcessors: Number(options['hub-processors']),
    hubMemoryBytes: Number(options['hub-memory']) * GIB,
    databaseProcessors: Number(options['database-processors']),
    databaseConnections: Number(options['database-connections']),
  };
  const found = measured();
  const { date, commit, processors, machineLoad } = found;
  const origin = `Costs of ${date}, commit ${commit}, ${processors} processors, load ${machineLoad.toFixed(1)} at the beginning.`;
  const text = formatPlan(new Installation(found), {
    ...{ workloads, usual },
    hubs: numbers(options.hubs),
  });
  return `${origin}\n\n${text}\n`;
}

if (!options.measure && !options.check) {
  process.stdout.write(plan());
} else {
  refuseMemory();
  if (options.measure) {
    const origin = originNow();
    const bases = await withCleanup((cleanup) => measureBases(BASES, cleanup));
    await withCleanup(async (cleanup) => {
      const cluster = await LoadedCluster.start(cleanup);
      write(MEASURED, { ...origin, ...(await measureRuns(cluster)), bases });
      // With the same programs, if both are wanted: then the machine is the same, too.
      if (options.check) await checkOn(cluster);
    });
  } else {
    await withCleanup(async (cleanup) => checkOn(await LoadedCluster.start(cleanup)));
  }
}

async function checkOn(cluster: LoadedCluster): Promise<void> {
  const checked = await check(measured(), cluster);
  write(CHECKED, checked);
  process.stdout.write(`${formatChecked(checked)}\n`);
  if (failuresOf(checked).length > 0) process.exitCode = 1;
}
