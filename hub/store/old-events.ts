import { AUDIT_TYPES } from '#protocol/events/site-event.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';

export async function sitesByEvents(db: Db): Promise<SiteId[]> {
  const rows = await db.selectFrom('sites').select('id').where('rev', '>', 0).execute();
  return rows.map(({ id }) => id);
}

/**
 * Removes one piece of a site's old events, and raises its floor; audit events stay below it
 * for longer. Reads no more rows than it may remove.
 *
 * @returns whether there may be more
 */
export async function dropOldSiteEvents(
  tx: Tx,
  site: SiteId,
  bounds: {
    readonly beforeMs: number;
    readonly auditBeforeMs: number;
    /** How many of the newest events stay, whatever their age. */
    readonly kept: number;
    readonly limit: number;
  },
): Promise<boolean> {
  const { limit } = bounds;
  const place = await tx
    .selectFrom('sites')
    .select(['rev', 'events_floor'])
    .where('id', '=', site)
    .executeTakeFirst();
  if (!place) return false;
  const oldest = await tx
    .selectFrom('site_events')
    .select(['rev', 'at'])
    .where('site_id', '=', site)
    .where('rev', '>', place.events_floor)
    .orderBy('rev')
    .limit(limit)
    .execute();
  const upTo = place.rev - bounds.kept;
  const end = oldest.findIndex(({ rev, at }) => at >= bounds.beforeMs && rev > upTo);
  const old = end === -1 ? oldest : oldest.slice(0, end);
  const floor = old.at(-1)?.rev ?? place.events_floor;
  if (floor > place.events_floor) {
    await tx
      .deleteFrom('site_events')
      .where('site_id', '=', site)
      .where('rev', '>', place.events_floor)
      .where('rev', '<=', floor)
      .where('type', 'not in', AUDIT_TYPES)
      .execute();
    await tx.updateTable('sites').set({ events_floor: floor }).where('id', '=', site).execute();
  }
  const audit = await tx
    .selectFrom('site_events')
    .select(['rev', 'at'])
    .where('site_id', '=', site)
    .where('rev', '<=', floor)
    .orderBy('rev')
    .limit(limit)
    .execute();
  const isOver = ({ rev, at }: { rev: number; at: number }): boolean =>
    at < bounds.auditBeforeMs || rev <= upTo;
  const over = audit.filter(isOver).map(({ rev }) => rev);
  if (over.length > 0) {
    await tx
      .deleteFrom('site_events')
      .where('site_id', '=', site)
      .where('rev', 'in', over)
      .execute();
  }
  return old.length === limit || over.length === limit;
}

/** Removes one piece of the old events of accounts. */
export async function dropOldAccountEvents(
  tx: Tx,
  { beforeMs, limit }: { readonly beforeMs: number; readonly limit: number },
): Promise<void> {
  const old = await tx
    .selectFrom('account_events')
    .select(['user_id', 'rev'])
    .where('at', '<', beforeMs)
    .limit(limit)
    .execute();
  for (const { user_id, rev } of old) {
    await tx
      .deleteFrom('account_events')
      .where('user_id', '=', user_id)
      .where('rev', '=', rev)
      .execute();
  }
}
