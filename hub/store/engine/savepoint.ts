import { sql } from 'kysely';
import { prepared } from './prepared.ts';
import type { Tx } from '../schema.ts';

const raw = (text: string) =>
  prepared<object>()((db) => ({ compile: () => sql.raw(text).compile(db) }));
const begin = raw('savepoint part');
const release = raw('release part');
const rollBack = raw('rollback to part');

/**
 * Runs a part of a transaction that is rolled back alone if it throws. If SQLite has already
 * rolled back the whole transaction, as on a full disk, there is no savepoint left: then the
 * first error is the reason.
 */
export async function inSavepoint<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  await begin.run(tx, {});
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await leave(tx, error);
    throw error;
  }
  await release.run(tx, {});
  return result;
}

async function leave(tx: Tx, reason: unknown): Promise<void> {
  try {
    await rollBack.run(tx, {});
    await release.run(tx, {});
  } catch {
    throw new TransactionGone(reason);
  }
}

/** The whole transaction was rolled back: everyone who shares it fails with the same reason. */
export class TransactionGone extends Error {
  constructor(reason: unknown) {
    super('the transaction is gone', { cause: reason });
  }
}
