import type { Tx } from '../schema.ts';

/**
 * Runs transactions: those of different owners take turns, and each resolves once it is on
 * the disk.
 */
export interface Writer {
  /** @param committed called right after the commit, for all transactions that share it. */
  readonly run: <T>(
    work: (tx: Tx) => Promise<T>,
    by: string,
    committed?: (result: T) => void,
  ) => Promise<T>;
  /** Transactions that run or wait. */
  readonly size: number;
}
