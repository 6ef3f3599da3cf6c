import type { Process } from './processes.ts';
import { processorMs } from './processes.ts';
import { segmentsSent } from './packets.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

export type Role = 'hub' | 'base' | 'unit' | 'client';

/** How the processes of a subject are identified, by their command lines. */
export type Roles = Readonly<Record<Exclude<Role, 'client'>, RegExp>>;

export interface Costs {
  /** Processor time of all its threads, in milliseconds. */
  readonly processorMs: Readonly<Record<Role, number>>;
  readonly segments: number;
  /** By the name of the database; empty for who has none. */
  readonly databases: Readonly<Record<string, DatabaseCosts>>;
}

export interface DatabaseCosts {
  readonly transactions: number;
  readonly pages: number;
}

/** Between two looks at the logs of the databases: they begin anew after 1,000 pages at the earliest. */
const LOOK_EVERY_MS = 50;

/** What a subject spends while it is measured, from the counters of the kernel and of SQLite. */
export class CostMeter {
  readonly #pids: readonly (readonly [role: Role, pid: number])[];
  readonly #databases: Readonly<Record<string, string>>;

  constructor({
    processes,
    roles,
    databases,
  }: {
    readonly processes: readonly Process[];
    readonly roles: Roles;
    /** Their files, which the subject has open, by name. */
    readonly databases: Readonly<Record<string, string>>;
  }) {
    const roleOf = (command: string): Role | undefined =>
      (['hub', 'base', 'unit'] as const).find((role) => roles[role].test(command));
    this.#pids = processes.flatMap(({ pid, command }) => {
      const role = roleOf(command);
      return role === undefined ? [] : [[role, pid] as const];
    });
    for (const role of ['hub', 'base', 'unit']) {
      if (!this.#pids.some(([found]) => found === role)) throw new Error(`no ${role} is running`);
    }
    this.#databases = databases;
  }

  /** Does the work and returns its cost. The client is this process. */
  async during<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly costs: Costs }> {
    const logs = Object.entries(this.#databases).map(
      ([name, file]) => [name, new WriteAheadLog(file)] as const,
    );
    const looking = setInterval(() => {
      for (const [, log] of logs) log.look();
    }, LOOK_EVERY_MS);
    const before = this.#counters();
    const own = process.cpuUsage();
    try {
      const result = await work();
      const { user, system } = process.cpuUsage(own);
      const after = this.#counters();
      for (const [, log] of logs) log.look();
      const since = (role: Exclude<Role, 'client'>): number => after[role] - before[role];
      return {
        result,
        costs: {
          processorMs: {
            hub: since('hub'),
            base: since('base'),
            unit: since('unit'),
            client: (user + system) / 1_000,
          },
          segments: after.segments - before.segments,
          databases: Object.fromEntries(
            logs.map(([name, { transactions, pages }]) => [name, { transactions, pages }]),
          ),
        },
      };
    } finally {
      clearInterval(looking);
    }
  }

  #counters(): Record<Exclude<Role, 'client'> | 'segments', number> {
    const counters = { hub: 0, base: 0, unit: 0, client: 0, segments: segmentsSent() };
    for (const [role, pid] of this.#pids) counters[role] += processorMs(pid);
    return counters;
  }
}

/** Several measurements as one. */
export function sumOfCosts(all: readonly Costs[]): Costs {
  const sum = (of: (costs: Costs) => number): number =>
    all.reduce((total, costs) => total + of(costs), 0);
  const names = Object.keys(all[0]?.databases ?? {});
  return {
    processorMs: {
      hub: sum(({ processorMs }) => processorMs.hub),
      base: sum(({ processorMs }) => processorMs.base),
      unit: sum(({ processorMs }) => processorMs.unit),
      client: sum(({ processorMs }) => processorMs.client),
    },
    segments: sum(({ segments }) => segments),
    databases: Object.fromEntries(
      names.map((name) => [
        name,
        {
          transactions: sum(({ databases }) => databases[name]?.transactions ?? 0),
          pages: sum(({ databases }) => databases[name]?.pages ?? 0),
        },
      ]),
    ),
  };
}
