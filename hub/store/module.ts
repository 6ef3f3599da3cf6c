import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { Module } from '#platform/assembly.ts';
import { CommandWaiters } from '../kernel/command-waiters.ts';
import { ActorNames } from './actor-names.ts';
import type { ConsistentReads } from './engine/consistent-reads.ts';
import type { ReadQueries } from './engine/read-queries.ts';
import { ReadableRows } from './readable-rows.ts';
import type { Db } from './schema.ts';
import type { Writer } from './engine/writer.ts';
import { UnitOfWork } from './unit-of-work.ts';

/** An open database, and the hub's clock. */
export interface StoreNeeds {
  readonly db: Db;
  readonly writer: Writer;
  readonly reader: ReadQueries;
  readonly reads: ConsistentReads;
  /** Other hubs may work on the same database. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly clockWatch: {
    /** Whether the clock has run steadily for long enough to delete old data by it. */
    readonly areAgesCertain: () => boolean;
    /** The clock was set, by so much. */
    readonly onStep: (listener: (stepMs: number) => void) => void;
  };
  readonly log: Logger;
}

export interface StoreOffers {
  readonly readable: ReadableRows;
  readonly unitOfWork: UnitOfWork;
  readonly waiters: CommandWaiters;
  readonly areAgesCertain: () => boolean;
}

/** What every noun builds on. */
export type Foundation = StoreNeeds & StoreOffers;

export function storeModule(needs: StoreNeeds): Module<StoreOffers> {
  const { writer, reader, clock } = needs;
  const log = needs.log.child({ component: 'store' });
  const waiters = new CommandWaiters({ clock });
  return {
    offers: {
      readable: new ReadableRows({ log }),
      unitOfWork: new UnitOfWork({ writer, clock, log, names: new ActorNames() }),
      waiters,
      areAgesCertain: needs.clockWatch.areAgesCertain,
    },
    close: () => waiters.close(),
    gauges: () => ({ waiters: waiters.size, reads: reader.size, writes: writer.size }),
  };
}
