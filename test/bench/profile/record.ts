import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CleanupStack, temporaryFolder } from '#platform/testing/cleanup.ts';
import { withItsProcesses } from '../cost/processes.ts';
import { CostMeter, type Costs } from '../cost/cost-meter.ts';
import { measure, warmUp } from '../latencies.ts';
import { startRelay } from '../relay.ts';
import { SYSTEM_ROLES } from '../roles.ts';
import { type SelfTime, selfTimes } from './cpu-profile.ts';

export interface RecordOptions {
  readonly inFlight: number;
  readonly lamps: number;
  readonly warmUp: number;
  readonly commands: number;
}

export interface Recorded {
  readonly commands: number;
  readonly hub: readonly SelfTime[];
  readonly base: readonly SelfTime[];
  /** With all threads, and with what profiling itself costs. */
  readonly costs: Costs;
}

/** Every how many microseconds the stack is looked at. */
const INTERVAL_US = 500;

/** Runs the system with both programs under V8's profiler. */
export async function recordProfiles(options: RecordOptions): Promise<Recorded> {
  const outer = new CleanupStack();
  const folder = temporaryFolder(outer);
  const inner = new CleanupStack();
  try {
    const nodeOptions = [
      '--cpu-prof',
      `--cpu-prof-dir=${folder}`,
      `--cpu-prof-interval=${INTERVAL_US}`,
    ];
    const { started: relay, processes } = await withItsProcesses(() =>
      startRelay({ lamps: options.lamps, nodeOptions }, inner),
    );
    const pidOf = (role: RegExp): number => {
      const found = processes.find(({ command }) => role.test(command));
      if (found === undefined) throw new Error(`nothing runs as ${role.source}`);
      return found.pid;
    };
    const pids = { hub: pidOf(SYSTEM_ROLES.hub), base: pidOf(SYSTEM_ROLES.base) };
    const { inFlight } = options;
    const load = { inFlight, roundTrip: relay.roundTrip };
    await warmUp(options.warmUp, load);
    const fromUs = nowUs();
    const meter = new CostMeter({ processes, roles: SYSTEM_ROLES, databases: relay.databases });
    const { costs } = await meter.during(() => measure({ ...load, count: options.commands }));
    const toUs = nowUs();
    // The profiles are written when the programs end.
    await inner.run();
    const read = (pid: number): SelfTime[] => {
      // CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile: each thread writes its own.
      const files = readdirSync(folder).filter((name) => name.includes(`.${pid}.`));
      return files.flatMap((name) => selfTimes(join(folder, name), { fromUs, toUs }));
    };
    return { commands: options.commands, hub: read(pids.hub), base: read(pids.base), costs };
  } finally {
    await inner.run();
    await outer.run();
  }
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
