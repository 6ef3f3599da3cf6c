import { sql } from 'kysely';
import { LIMITS } from '#protocol/limits.ts';
import { engineOf } from './engine/adapter.ts';
import type { Tx } from './schema.ts';

/**
 * Treats open commands that were issued in the future as issued now: they wait as long as
 * intended, and not until the time that a clock showed while it was ahead.
 *
 * @returns how many there were
 */
export async function bringCommandsBack(tx: Tx, nowMs: number): Promise<number> {
  const result = await tx
    .updateTable('commands')
    .set({
      created_at: nowMs,
      due_at: sql`due_at - (created_at - ${nowMs})`,
      expires_at: sql`expires_at - (created_at - ${nowMs})`,
    })
    .where('due_at', 'is not', null)
    .where('created_at', '>', nowMs)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/**
 * The same for credentials, which a clock two years ahead made valid for two years. Only if
 * the clock is certain: to one that was never set, everything is from the future.
 */
export async function bringProofsBack(tx: Tx, nowMs: number): Promise<void> {
  const { least } = engineOf(tx).dialect;
  const now = sql<number>`cast(${nowMs} as bigint)`;
  await tx
    .updateTable('sessions')
    .set({
      created_at: least(sql<number>`created_at`, now),
      reauthenticated_at: least(sql<number>`reauthenticated_at`, now),
      last_used_at: nowMs,
      expires_at: nowMs + LIMITS.sessionTtlMs,
    })
    .where('last_used_at', '>', nowMs)
    .execute();
  for (const table of ['claim_codes', 'invitations', 'device_logins'] as const) {
    await tx
      .updateTable(table)
      .set({ created_at: nowMs, expires_at: sql`expires_at - (created_at - ${nowMs})` })
      .where('created_at', '>', nowMs)
      .execute();
  }
}
