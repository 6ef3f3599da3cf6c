import type { Cost } from './costs.ts';
import type { Deployment, Workload } from './deployment.ts';
import { MeasuredMachine } from './machine.ts';
import type { Measured, Spent } from './measured.ts';
import { gathers } from './queue.ts';
import { roundTripMs, slowdownOf } from './round-trip.ts';

const RESOURCES = [
  'hub thread',
  'hub processors',
  'hub memory',
  'hub sockets',
  'bus',
  'database processors',
  'database connections',
  'disk syncs',
  'disk writes',
  'writers',
] as const;
export type Resource = (typeof RESOURCES)[number];

/** Above this, waiting grows faster than the load, and a hub that fails leaves no room. */
export const MAX_UTILISATION = 0.7;

const MS = 1_000;
/** Sockets of one listener (hub/edges/http/connections.ts). */
const SOCKETS_OF_HUB = 20_000;
/** Concurrent transactions of a hub, its other connections, and that of the bus (hub/store/engine/postgres). */
const WRITERS_OF_HUB = 8;
const CONNECTIONS_OF_HUB = 18;
/** A hub sends one message of at most 7,900 bytes in 8 ms (hub/cluster/bus.ts). */
const BUS_BYTES_OF_HUB = (7_900 * MS) / 8;
const SEARCH_STEPS = 50;

export interface Simulated {
  /** 0 to 1; more cannot be. */
  readonly utilisation: Readonly<Record<Resource, number>>;
  /** What is used most of what it may be. */
  readonly bottleneck: Resource;
  /** Median; infinite where something is saturated. */
  readonly p50Ms: number;
  /** By which the database grows, without what is removed and rolled up. */
  readonly storedBytesPerDay: number;
}

/** Connections are as many as there are hubs, whatever the load. */
function limitOf(resource: Resource): number {
  return resource === 'database connections' ? 1 : MAX_UTILISATION;
}

/** Hubs on machines of their own and a database on one, with the costs that were measured. */
export class Installation {
  readonly #measured: Measured;
  readonly #machine: MeasuredMachine;

  constructor(measured: Measured) {
    this.#measured = measured;
    this.#machine = new MeasuredMachine(measured);
  }

  simulate(workload: Workload, deployment: Deployment): Simulated {
    const utilisation = this.#utilisation(workload, deployment);
    const bottleneck = RESOURCES.reduce((most, resource) =>
      utilisation[resource] / limitOf(resource) > utilisation[most] / limitOf(most)
        ? resource
        : most,
    );
    const free = { processors: 1, utilisation: 0 };
    const slowdown = slowdownOf(
      {
        hub: {
          processors: deployment.hubProcessors,
          utilisation: utilisation['hub processors'],
        },
        database: {
          processors: deployment.databaseProcessors,
          utilisation: utilisation['database processors'],
        },
        // Each base is a machine of its own, which has little to do.
        base: free,
        hubThread: utilisation['hub thread'],
        baseThread: 0,
      },
      this.#machine.shares,
    );
    return {
      utilisation,
      bottleneck,
      p50Ms:
        utilisation[bottleneck] < 1 ? roundTripMs(this.#machine.roundTrip, slowdown) : Infinity,
      storedBytesPerDay: this.#spent('storedBytes', workload) * 86_400,
    };
  }

  /** How many times this workload fits, with `MAX_UTILISATION` at most. */
  fits(workload: Workload, deployment: Deployment): number {
    const isRoomFor = (factor: number): boolean => {
      const utilisation = this.#utilisation(timesAsMuch(workload, factor), deployment);
      return RESOURCES.every((resource) => utilisation[resource] <= limitOf(resource));
    };
    if (!isRoomFor(0)) return 0;
    let low = 0;
    let high = 1;
    while (isRoomFor(high) && high < 1e12) high *= 2;
    for (let step = 0; step < SEARCH_STEPS; step += 1) {
      const middle = (low + high) / 2;
      if (isRoomFor(middle)) low = middle;
      else high = middle;
    }
    return low;
  }

  #utilisation(workload: Workload, deployment: Deployment): Record<Resource, number> {
    const { hubs, hubProcessors, databaseProcessors, databaseConnections } = deployment;
    const { bases: ofBases, mainThreadShare, syncMs, workingHubs } = this.#measured;
    const {
      hubs: hubCost,
      database,
      busyConnections,
      walBytes,
      walSyncs,
      busBytes,
    } = this.#machine.costs;
    const { bases } = workload;

    // What two hubs spend on a load is there already; each one more hears of it.
    const heard = Math.max(0, hubs - workingHubs) * this.#spent('listener', workload);
    const shared = this.#spent('hubs', workload) + heard + bases * ofBases.idleSecond.hubs;
    const hubMs = hubCost.idle / workingHubs + shared / hubs;
    const databaseMs =
      (database.idle / (workingHubs + 1)) * hubs +
      this.#spent('database', workload) +
      bases * ofBases.idleSecond.database;
    const per = (cost: Cost): number => this.#on(cost, workload);
    return {
      'hub thread': (hubMs * mainThreadShare) / MS,
      'hub processors': hubMs / MS / hubProcessors,
      'hub memory':
        (ofBases.hubBytesWithoutBases + (bases / hubs) * ofBases.hubBytesPerBase) /
        deployment.hubMemoryBytes,
      'hub sockets': bases / hubs / SOCKETS_OF_HUB,
      bus: hubs === 1 ? 0 : per(busBytes) / hubs / BUS_BYTES_OF_HUB,
      'database processors': databaseMs / MS / databaseProcessors,
      'database connections': (hubs * CONNECTIONS_OF_HUB) / databaseConnections,
      // While one sync is under way, what waits shares the next.
      'disk syncs': (per(walSyncs) * syncMs) / MS / ((hubs * WRITERS_OF_HUB) / 2),
      'disk writes': per(walBytes) / deployment.diskBytesPerSecond,
      writers: per(busyConnections) / (hubs * WRITERS_OF_HUB),
    };
  }

  #spent(what: keyof Spent, workload: Workload): number {
    return this.#on(this.#machine.costs[what], workload);
  }

  /**
   * Commands to many bases share little: each costs what it did at the lowest load that was
   * measured, where all were for one base.
   */
  #on({ command, gathering, delivery, reading }: Cost, workload: Workload): number {
    const lowest = Math.min(...this.#measured.fitted.map(({ load }) => load.commands));
    const alone = gathers(lowest, this.#machine.windowMs) / lowest;
    return (
      (command + gathering * alone) * workload.commandsPerSecond +
      delivery * workload.deliveriesPerSecond +
      reading * workload.readingsPerSecond
    );
  }
}

function timesAsMuch(workload: Workload, factor: number): Workload {
  return {
    bases: workload.bases * factor,
    commandsPerSecond: workload.commandsPerSecond * factor,
    readingsPerSecond: workload.readingsPerSecond * factor,
    deliveriesPerSecond: workload.deliveriesPerSecond * factor,
  };
}
