import { sql } from 'kysely';
import type { Epoch, SiteId } from '#protocol/ids.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';
import type { EventDirtyTable } from './schema/events.ts';

const markedDirty = prepared<EventDirtyTable>()((db, slot) =>
  db
    .insertInto('event_dirty')
    .values({ consumer: slot('consumer'), site_id: slot('site_id') })
    .onConflict((conflict) => conflict.doNothing()),
);

/** Marks that a consumer has work in a site. */
export async function markDirty(tx: Tx, consumer: string, siteId: SiteId): Promise<void> {
  await markedDirty.run(tx, { consumer, site_id: siteId });
}

export async function clearDirty(tx: Tx, consumer: string, siteId: SiteId): Promise<void> {
  await tx
    .deleteFrom('event_dirty')
    .where('consumer', '=', consumer)
    .where('site_id', '=', siteId)
    .execute();
}

export async function dirtySites(db: Db, consumer: string, limit: number): Promise<SiteId[]> {
  const rows = await db
    .selectFrom('event_dirty')
    .select('site_id')
    .where('consumer', '=', consumer)
    .limit(limit)
    .execute();
  return rows.map((row) => row.site_id);
}

/** Marks the sites in which a consumer is behind, even if nobody marked them. */
export async function markBehind(tx: Tx, consumer: string): Promise<void> {
  await sql`
    insert into event_dirty (consumer, site_id)
    select ${consumer}, sites.id from sites
    left join event_cursors on event_cursors.site_id = sites.id
      and event_cursors.consumer = ${consumer}
    where sites.rev > 0 and (event_cursors.rev is null
      or event_cursors.rev <> sites.rev)
    on conflict do nothing`.execute(tx);
}

/** Up to where a consumer has handled the events of a site. */
export interface EventCursor {
  readonly site: SiteId;
  readonly epoch: Epoch;
  readonly rev: number;
}

export async function cursorOf(
  db: Db,
  consumer: string,
  site: SiteId,
): Promise<EventCursor | undefined> {
  const row = await db
    .selectFrom('event_cursors')
    .select(['epoch', 'rev'])
    .where('consumer', '=', consumer)
    .where('site_id', '=', site)
    .executeTakeFirst();
  return row && { site, ...row };
}

export async function putCursor(
  tx: Tx,
  consumer: string,
  { site, epoch, rev }: EventCursor,
): Promise<void> {
  await tx
    .insertInto('event_cursors')
    .values({ consumer, site_id: site, epoch, rev })
    .onConflict((conflict) => conflict.columns(['consumer', 'site_id']).doUpdateSet({ epoch, rev }))
    .execute();
}

/** What a consumer has not handled yet. */
export interface StoredLag {
  readonly events: number;
  /** When the first of them happened; undefined: there is none. */
  readonly sinceMs: number | undefined;
}

/** The events that a consumer has not handled, in the sites where it has work. */
export async function lagOf(db: Db, consumer: string): Promise<StoredLag> {
  const row = await db
    .selectFrom('event_dirty')
    .innerJoin('sites', 'sites.id', 'event_dirty.site_id')
    .leftJoin('event_cursors', (join) =>
      join
        .onRef('event_cursors.site_id', '=', 'sites.id')
        .onRef('event_cursors.consumer', '=', 'event_dirty.consumer'),
    )
    .select((eb) => [
      sql<number | null>`sum(sites.rev - coalesce(event_cursors.rev, 0))`.as('events'),
      eb.fn
        .min<number | null>(
          eb
            .selectFrom('site_events')
            .select('site_events.at')
            .whereRef('site_events.site_id', '=', 'sites.id')
            .where('site_events.rev', '>', sql<number>`coalesce(event_cursors.rev, 0)`)
            .orderBy('site_events.rev')
            .limit(1),
        )
        .as('since'),
    ])
    .where('event_dirty.consumer', '=', consumer)
    .executeTakeFirst();
  return { events: row?.events ?? 0, sinceMs: row?.since ?? undefined };
}
