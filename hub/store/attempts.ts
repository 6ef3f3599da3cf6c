import { sql } from 'kysely';
import type { Tx } from './schema.ts';
import type { AttemptKind } from './schema/accounts.ts';

/** Keys of all kinds together; beyond, those with the fewest attempts are forgotten. */
const MAX_KEYS = 100_000;

export interface AttemptKey {
  readonly kind: AttemptKind;
  readonly key: string;
}

export interface AttemptWindow {
  readonly nowMs: number;
  readonly windowMs: number;
  /** Counts beyond it need no distinction. */
  readonly max: number;
}

/**
 * Counts one attempt in its window, which begins with the first: with one statement, so that
 * none of those that come at the same time is left out.
 */
export async function countAttempt(
  tx: Tx,
  { kind, key }: AttemptKey,
  { nowMs, windowMs, max }: AttemptWindow,
): Promise<{ readonly count: number; readonly endsAtMs: number }> {
  // One that ends far too late is of a clock that was wrong; those of hubs differ a little.
  const isOver = sql<boolean>`(attempts.ends_at <= ${nowMs} or attempts.ends_at > ${nowMs + 2 * windowMs})`;
  const row = await tx
    .insertInto('attempts')
    .values({ kind, key, count: 1, ends_at: nowMs + windowMs })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'key']).doUpdateSet({
        count: sql<number>`case when ${isOver} then 1
          when attempts.count > ${max} then attempts.count else attempts.count + 1 end`,
        ends_at: sql<number>`case when ${isOver} then excluded.ends_at else attempts.ends_at end`,
      }),
    )
    .returning(['count', 'ends_at'])
    .executeTakeFirstOrThrow();
  return { count: row.count, endsAtMs: row.ends_at };
}

export async function forgetAttempts(tx: Tx, { kind, key }: AttemptKey): Promise<void> {
  await tx.deleteFrom('attempts').where('kind', '=', kind).where('key', '=', key).execute();
}

/** Drops what is over, and what is too much. */
export async function sweepAttempts(tx: Tx, nowMs: number, maxKeys = MAX_KEYS): Promise<void> {
  await tx.deleteFrom('attempts').where('ends_at', '<=', nowMs).execute();
  const { all } = await tx
    .selectFrom('attempts')
    .select(({ fn }) => fn.countAll<number>().as('all'))
    .executeTakeFirstOrThrow();
  if (all <= maxKeys) return;
  const fewest = await tx
    .selectFrom('attempts')
    .select(['kind', 'key'])
    .orderBy('count')
    .orderBy('ends_at')
    .limit(all - maxKeys)
    .execute();
  for (const one of fewest) await forgetAttempts(tx, one);
}
