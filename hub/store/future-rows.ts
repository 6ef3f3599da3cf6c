import { sql } from 'kysely';
import { LIMITS } from '#protocol/limits.ts';
import type { Tx } from './schema.ts';

/** Rows that a clock which was ahead has made: as many of each kind. */
export interface FutureRows {
  readonly commands: number;
  readonly sessions: number;
  readonly codes: number;
}

/**
 * Counts what was made in the future as made now, so that it lasts no longer
 * than it was to last: a command would not end, a code or a session of a
 * clock two years ahead would be good for two years.
 */
export async function bringBackFromFuture(tx: Tx, nowMs: number): Promise<FutureRows> {
  const aheadMs = sql<number>`(created_at - ${nowMs})`;
  const commands = await tx
    .updateTable('commands')
    .set({
      created_at: nowMs,
      due_at: sql`due_at - ${aheadMs}`,
      expires_at: sql`expires_at - ${aheadMs}`,
    })
    .where('due_at', 'is not', null)
    .where('created_at', '>', nowMs)
    .executeTakeFirst();
  const sessions = await tx
    .updateTable('sessions')
    .set({
      created_at: sql`min(created_at, ${nowMs})`,
      proved_at: sql`min(proved_at, ${nowMs})`,
      last_used_at: nowMs,
      expires_at: nowMs + LIMITS.sessionTtlMs,
    })
    .where('last_used_at', '>', nowMs)
    .executeTakeFirst();
  let codes = 0;
  for (const table of ['claim_codes', 'invitations'] as const) {
    const result = await tx
      .updateTable(table)
      .set({ created_at: nowMs, expires_at: sql`expires_at - ${aheadMs}` })
      .where('created_at', '>', nowMs)
      .executeTakeFirst();
    codes += Number(result.numUpdatedRows);
  }
  return {
    commands: Number(commands.numUpdatedRows),
    sessions: Number(sessions.numUpdatedRows),
    codes,
  };
}
