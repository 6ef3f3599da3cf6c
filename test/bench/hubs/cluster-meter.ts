import pg from 'pg';
import {
  machineMs,
  mainThreadMs,
  processorMs,
  processorMsWithChildren,
} from '../cost/processes.ts';
import type { HubCluster } from './hub-cluster.ts';

/** What a cluster, its base, its units and its client have spent, by the counters of the machine. */
export interface ClusterCosts {
  readonly seconds: number;
  /** Processor time of all threads, in milliseconds. */
  readonly processorMs: {
    /** Of each. */
    readonly hubs: readonly number[];
    readonly database: number;
    readonly base: number;
    readonly units: number;
    readonly balancer: number;
    readonly client: number;
  };
  /** Of programs that do not belong to this. */
  readonly othersMs: number;
  /** Of all hubs, their main threads only. */
  readonly mainThreadsMs: number;
  /** Connections of hubs in a transaction, on average. */
  readonly busyConnections: number;
  readonly transactions: number;
  readonly walBytes: number;
  readonly walSyncs: number;
  /** By which the database has grown. */
  readonly storedBytes: number;
  readonly busMessages: number;
  readonly busBytes: number;
}

/** Between two looks at who is in a transaction. */
const LOOK_EVERY_MS = 100;
/** The server adds up its counters at most once a second. */
const SETTLED_AFTER_MS = 1_500;

interface DatabaseCounters {
  readonly transactions: number;
  readonly walBytes: number;
  readonly walSyncs: number;
  readonly storedBytes: number;
}

/** Counts what is spent meanwhile. The client is this process. */
export class ClusterMeter {
  readonly #cluster: HubCluster;
  readonly #pids: { readonly base: readonly number[]; readonly units: readonly number[] };

  constructor(
    cluster: HubCluster,
    pids: { readonly base: readonly number[]; readonly units: readonly number[] },
  ) {
    this.#cluster = cluster;
    this.#pids = pids;
  }

  async during<T>(
    work: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly costs: ClusterCosts }> {
    const client = new pg.Client({ connectionString: this.#cluster.database });
    await client.connect();
    try {
      const bus = { messages: 0, bytes: 0 };
      client.on('notification', ({ payload = '' }) => {
        bus.messages += 1;
        bus.bytes += Buffer.byteLength(payload);
      });
      await client.query('listen signalbox');
      const stored = await this.#stored(client);
      const mainThreads = this.#mainThreads();
      const before = this.#processors();
      const machine = machineMs();
      const looking = new BusyConnections(client);
      const own = process.cpuUsage();
      const startMs = performance.now();
      const result = await work();
      const seconds = (performance.now() - startMs) / 1_000;
      const { user, system } = process.cpuUsage(own);
      const after = this.#processors();
      const allMs = machineMs() - machine;
      const mainThreadsMs = this.#mainThreads() - mainThreads;
      const processorMs = {
        hubs: after.hubs.map((ms, index) => ms - (before.hubs[index] ?? NaN)),
        database: after.database - before.database,
        base: after.base - before.base,
        units: after.units - before.units,
        balancer: after.balancer - before.balancer,
        client: (user + system) / 1_000,
      };
      const heard = { ...bus };
      const busyConnections = await looking.stop();
      const since = await this.#stored(client);
      return {
        result,
        costs: {
          seconds,
          processorMs,
          othersMs: Math.max(0, allMs - sumOf(processorMs)),
          ...{ mainThreadsMs, busyConnections },
          transactions: since.transactions - stored.transactions,
          walBytes: since.walBytes - stored.walBytes,
          walSyncs: since.walSyncs - stored.walSyncs,
          storedBytes: since.storedBytes - stored.storedBytes,
          busMessages: heard.messages,
          busBytes: heard.bytes,
        },
      };
    } finally {
      await client.end();
    }
  }

  #processors(): Omit<ClusterCosts['processorMs'], 'client'> {
    const { hubs, server, balancer } = this.#cluster;
    const sum = (pids: readonly number[]): number =>
      pids.reduce((total, pid) => total + processorMs(pid), 0);
    return {
      hubs: hubs.map(({ pid }) => processorMs(pid)),
      database: processorMsWithChildren(server.pid ?? 0),
      base: sum(this.#pids.base),
      units: sum(this.#pids.units),
      balancer: processorMs(balancer.pid),
    };
  }

  #mainThreads(): number {
    return this.#cluster.hubs.reduce((sum, { pid }) => sum + mainThreadMs(pid), 0);
  }

  async #stored(client: pg.Client): Promise<DatabaseCounters> {
    await new Promise((resolve) => setTimeout(resolve, SETTLED_AFTER_MS));
    const { rows } = await client.query<Record<keyof DatabaseCounters, string>>(`
      select xact_commit as transactions, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')
          as "walBytes", wal_sync as "walSyncs", pg_database_size(datname) as "storedBytes"
      from pg_stat_database, pg_stat_wal where datname = current_database()`);
    const number = (name: keyof DatabaseCounters): number => Number(rows[0]?.[name]);
    return {
      transactions: number('transactions'),
      walBytes: number('walBytes'),
      walSyncs: number('walSyncs'),
      storedBytes: number('storedBytes'),
    };
  }
}

function sumOf(processorMs: ClusterCosts['processorMs']): number {
  return Object.values(processorMs)
    .flat()
    .reduce((sum, ms) => sum + ms, 0);
}

/** Looks again and again at how many connections of hubs are in a transaction. */
class BusyConnections {
  readonly #client: pg.Client;
  readonly #running: Promise<void>;
  #isOver = false;
  #sum = 0;
  #looks = 0;

  constructor(client: pg.Client) {
    this.#client = client;
    this.#running = this.#look();
  }

  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#running;
    return this.#sum / this.#looks;
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const { rows } = await this.#client.query<{ busy: number }>(
        `select count(*)::int as busy from pg_stat_activity
        where application_name = 'signalbox hub' and xact_start is not null`,
      );
      this.#sum += rows[0]?.busy ?? 0;
      this.#looks += 1;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
