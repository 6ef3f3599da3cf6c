import type { ConsistentReads } from '../consistent-reads.ts';
import type { Db, Tx } from '../../schema.ts';

/** Runs several queries on one snapshot: the state at the first of them. */
export class SnapshotReads implements ConsistentReads {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async run<T>(read: (tx: Tx) => Promise<T>): Promise<T> {
    return await this.#db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(read);
  }
}
