import { type Deployment, type Workload } from './deployment.ts';
import { fleetFor } from './fleet.ts';
import type { Installation } from './installation.ts';

const GIB = 1_024 ** 3;
const HEAD =
  '| bases | hubs | p50 | first bottleneck | hub thread | database processors | fits so many bases | bounded by |';

/** What each number of hubs carries of each workload, as a table in Markdown. */
export function formatPlan(
  installation: Installation,
  plan: {
    readonly workloads: readonly Workload[];
    readonly hubs: readonly number[];
    readonly usual: Omit<Deployment, 'hubs'>;
  },
): string {
  const { workloads, hubs, usual } = plan;
  const rows = workloads.flatMap((workload) =>
    hubs.map((count) => rowOf(installation, workload, { ...usual, hubs: count })),
  );
  const fleets = workloads.map((workload) => fleetLine(installation, workload, usual));
  return [HEAD, HEAD.replaceAll(/[^|]+/g, '---'), ...rows, '', ...fleets].join('\n');
}

function rowOf(installation: Installation, workload: Workload, deployment: Deployment): string {
  const { utilisation, bottleneck, p50Ms } = installation.simulate(workload, deployment);
  const factor = installation.fits(workload, deployment);
  const { bases } = workload;
  const full = installation.simulate(
    {
      bases: bases * factor,
      commandsPerSecond: workload.commandsPerSecond * factor,
      readingsPerSecond: workload.readingsPerSecond * factor,
      deliveriesPerSecond: workload.deliveriesPerSecond * factor,
    },
    deployment,
  );
  const cells = [
    whole(bases),
    deployment.hubs,
    Number.isFinite(p50Ms) ? `${p50Ms.toFixed(0)} ms` : 'not carried',
    `${bottleneck} ${percent(utilisation[bottleneck])}`,
    percent(utilisation['hub thread']),
    percent(utilisation['database processors']),
    whole(bases * factor),
    full.bottleneck,
  ];
  return `| ${cells.join(' | ')} |`;
}

function fleetLine(
  installation: Installation,
  workload: Workload,
  usual: Omit<Deployment, 'hubs'>,
): string {
  const { hubs, databaseProcessors, boundBy, installations } = fleetFor(
    installation,
    workload,
    usual,
  );
  const { storedBytesPerDay } = installation.simulate(workload, { ...usual, hubs: 1 });
  const load = `${rate(workload.commandsPerSecond)} commands and ${rate(workload.readingsPerSecond)} readings a second, ${(storedBytesPerDay / GIB).toFixed(1)} GiB a day`;
  const needed =
    hubs === undefined
      ? 'no number of hubs on one database carries them'
      : `hubs: ${hubs}, processors of the database: ${databaseProcessors}`;
  const bound =
    boundBy === undefined
      ? 'one usual database does'
      : `one usual database is too little (${boundBy}): ${installations} installations of their own`;
  return `- ${whole(workload.bases)} bases (${load}): ${needed}; ${bound}.`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function rate(value: number): string {
  return value < 10 ? value.toFixed(2) : whole(value);
}

/** To three digits: more are not known. */
function whole(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 0 });
}
