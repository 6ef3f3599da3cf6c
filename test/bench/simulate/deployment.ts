/** The load on an installation. */
export interface Workload {
  readonly bases: number;
  /** Of all, per second. */
  readonly commandsPerSecond: number;
  readonly readingsPerSecond: number;
  /**
   * Units report at moments of their own; a base sends what comes within a tenth of a second
   * together.
   */
  readonly deliveriesPerSecond: number;
}

/** A base sends its readings no more often than this. */
const MAX_DELIVERIES_OF_BASE = 10;

export interface WorkloadOptions {
  readonly bases: number;
  /** Of each base. */
  readonly units: number;
  /** Of each unit. */
  readonly readingsPerMinute: number;
  /** Of each base, in the busiest hour of the day. */
  readonly commandsPerHour: number;
}

export function workloadOf(options: WorkloadOptions): Workload {
  const { bases, units, readingsPerMinute, commandsPerHour } = options;
  const readingsOfBase = (units * readingsPerMinute) / 60;
  return {
    bases,
    commandsPerSecond: (bases * commandsPerHour) / 3_600,
    readingsPerSecond: bases * readingsOfBase,
    deliveriesPerSecond: bases * Math.min(readingsOfBase, MAX_DELIVERIES_OF_BASE),
  };
}

/** Machines for hubs, and one for the database. */
export interface Deployment {
  readonly hubs: number;
  readonly hubProcessors: number;
  readonly hubMemoryBytes: number;
  readonly databaseProcessors: number;
  /** `max_connections` of PostgreSQL. */
  readonly databaseConnections: number;
  /** Of the disk with the log of the database. */
  readonly diskBytesPerSecond: number;
}

const GIB = 1_024 ** 3;

export const USUAL: Omit<Deployment, 'hubs'> = {
  hubProcessors: 2,
  hubMemoryBytes: 4 * GIB,
  databaseProcessors: 8,
  databaseConnections: 200,
  diskBytesPerSecond: 200_000_000,
};
