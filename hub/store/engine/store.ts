import type { ConsistentReads } from './consistent-reads.ts';
import type { ReadQueries } from './read-queries.ts';
import type { Db } from '../schema.ts';
import type { Writer } from './writer.ts';

/** The database of a hub, open. */
export interface Store {
  readonly db: Db;
  /** For the unit of work alone. */
  readonly writer: Writer;
  readonly reader: ReadQueries;
  readonly reads: ConsistentReads;
  /** For migrations: on a connection whose statements may take an hour. */
  readonly maintain: <T>(run: (db: Db) => Promise<T>) => Promise<T>;
  /** Resolves once everything that was passed to the writer is stored. */
  readonly close: () => Promise<void>;
}
