import type { Tx } from './schema.ts';

/** An assertion that a base made to prove who it is, once, for one purpose. */
export interface UsedAssertion {
  readonly baseKey: number;
  readonly purpose: 'socket' | 'http';
  readonly id: string;
  /** When it is no longer accepted anyway. */
  readonly expiresAtMs: number;
}

/** @returns false where it was used before, by whichever hub. */
export async function claimAssertion(
  tx: Tx,
  { baseKey, purpose, id, expiresAtMs }: UsedAssertion,
  nowMs: number,
): Promise<boolean> {
  // Its own only: hubs that sweep for all would wait for one another.
  await tx
    .deleteFrom('used_assertions')
    .where('base_key', '=', baseKey)
    .where('expires_at', '<=', nowMs)
    .execute();
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('used_assertions')
    .values({ base_key: baseKey, purpose, id, expires_at: expiresAtMs })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows > 0n;
}

/** Of bases that did not come back. */
export async function dropStaleAssertions(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('used_assertions').where('expires_at', '<=', nowMs).execute();
}
