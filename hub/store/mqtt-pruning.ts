import { sql } from 'kysely';
import type { SiteId } from '#protocol/ids.ts';
import type { Tx } from './schema.ts';

/** Which messages are no longer kept for their own sake. */
export interface MessageBounds {
  readonly beforeMs: number;
  /** Of one site, the last so many. */
  readonly perSite: number;
  /** Messages that one call removes at most. */
  readonly limit: number;
}

/**
 * Removes messages that are too old or too many, but for those that wait in a queue: these go
 * once they wait no more.
 *
 * @returns how many
 */
export async function dropOldMessages(
  tx: Tx,
  { beforeMs, perSite, limit }: MessageBounds,
): Promise<number> {
  const sites = await tx
    .selectFrom('mqtt_sites')
    .select(['site_id', 'seq', 'floor'])
    .orderBy('site_id')
    .execute();
  let left = limit;
  for (const { site_id: site, seq: last, floor } of sites) {
    if (left === 0) break;
    const tooOld = await lastBefore(tx, site, { last, beforeMs });
    const upTo = Math.max(floor, last - perSite, tooOld);
    if (upTo > floor) {
      await tx.updateTable('mqtt_sites').set({ floor: upTo }).where('site_id', '=', site).execute();
    }
    left -= await dropUpTo(tx, site, { upTo, limit: left });
  }
  return limit - left;
}

/** Retained messages whose time is over. @returns how many */
export async function dropExpiredRetained(
  tx: Tx,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): Promise<number> {
  const result = await sql`
    delete from mqtt_retained where (site_id, topic) in (
      select site_id, topic from mqtt_retained where expires_at <= ${nowMs} limit ${limit})
  `.execute(tx);
  return Number(result.numAffectedRows ?? 0);
}

/** The last message from before a time; 0: none. Messages of a site are stored in their order. */
async function lastBefore(
  tx: Tx,
  site: SiteId,
  { last, beforeMs }: { readonly last: number; readonly beforeMs: number },
): Promise<number> {
  let known = 0;
  let end = last;
  // The first is looked at first: most often there is nothing to remove.
  let at = 1;
  while (known < end) {
    const row = await tx
      .selectFrom('mqtt_messages')
      .select(['seq', 'stored_at'])
      .where('site_id', '=', site)
      .where('seq', '>=', at)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    if (row && row.stored_at < beforeMs) known = row.seq;
    else end = at - 1;
    at = known + Math.ceil((end - known) / 2);
  }
  return known;
}

async function dropUpTo(
  tx: Tx,
  site: SiteId,
  { upTo, limit }: { readonly upTo: number; readonly limit: number },
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('mqtt_messages')
    .where('site_id', '=', site)
    .where('seq', 'in', (db) =>
      db
        .selectFrom('mqtt_messages as old')
        .select('old.seq')
        .where('old.site_id', '=', site)
        .where('old.seq', '<=', upTo)
        .where((where) =>
          where.not(
            where.exists(
              where
                .selectFrom('mqtt_queue')
                .select('mqtt_queue.seq')
                .whereRef('mqtt_queue.site_id', '=', 'old.site_id')
                .whereRef('mqtt_queue.seq', '=', 'old.seq'),
            ),
          ),
        )
        .orderBy('old.seq')
        .limit(limit),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
