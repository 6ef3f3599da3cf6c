import { sql } from 'kysely';
import type { Tx } from './schema.ts';

/**
 * Part of a transaction that is undone alone when it throws. Where SQLite has
 * undone the whole transaction by itself, as on a full disk, there is nothing
 * to go back to: then the reason is what was thrown first.
 */
export async function inSavepoint<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  await sql`savepoint part`.execute(tx);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await leave(tx, error);
    throw error;
  }
  await sql`release part`.execute(tx);
  return result;
}

async function leave(tx: Tx, reason: unknown): Promise<void> {
  try {
    await sql`rollback to part`.execute(tx);
    await sql`release part`.execute(tx);
  } catch {
    throw new TransactionGone(reason);
  }
}

/** Nothing of the transaction is left: whoever shares it fails with the same reason. */
export class TransactionGone extends Error {
  constructor(reason: unknown) {
    super('the transaction is gone', { cause: reason });
  }
}
