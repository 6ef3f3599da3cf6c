import type { Tx } from '../schema.ts';

/** Runs several reads on one state of the database; they write nothing. */
export interface ConsistentReads {
  readonly run: <T>(read: (tx: Tx) => Promise<T>) => Promise<T>;
}
