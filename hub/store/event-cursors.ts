import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Epoch, HubId, SiteId } from '#protocol/ids.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';
import type { EventDirtyTable } from './schema/events.ts';

const markedDirty = prepared<Omit<EventDirtyTable, 'hub_id'>>()((db, slot) =>
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

/** A hub that does the work of a consumer. */
export interface ConsumerAt {
  readonly consumer: string;
  readonly hub: HubId;
}

/** Sites in which a consumer has work that no other hub does, by id and after the last of them. */
export async function dirtySites(
  db: Db,
  at: ConsumerAt,
  page: { readonly after: SiteId | undefined; readonly limit: number },
): Promise<SiteId[]> {
  const { after, limit } = page;
  const rows = await db
    .selectFrom('event_dirty')
    .select('site_id')
    .where('consumer', '=', at.consumer)
    .where(isFreeFor(at.hub))
    .$if(after !== undefined, (query) => query.where('site_id', '>', after ?? null))
    .orderBy('site_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.site_id);
}

/**
 * Claims the work of a consumer in a site for a hub. The claim ends with the mark, or when the
 * hub is no longer on record. False: another hub has it, or there is none.
 */
export async function claimWork(tx: Tx, at: ConsumerAt, site: SiteId): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('event_dirty')
    .set({ hub_id: at.hub })
    .where('consumer', '=', at.consumer)
    .where('site_id', '=', site)
    .where(isFreeFor(at.hub))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Work of nobody, of this hub, or of one that is gone. */
function isFreeFor(hub: HubId): RawBuilder<SqlBool> {
  return sql<SqlBool>`(event_dirty.hub_id is null or event_dirty.hub_id = ${hub}
    or event_dirty.hub_id not in (select id from hubs))`;
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

/** The same, in some sites only. */
export async function markBehindIn(
  tx: Tx,
  consumer: string,
  sites: readonly SiteId[],
): Promise<void> {
  for (const site of sites) {
    const { rev } = (await cursorOf(tx, consumer, site)) ?? { rev: 0 };
    const head = await tx
      .selectFrom('sites')
      .select('rev')
      .where('id', '=', site)
      .where('rev', '>', rev)
      .executeTakeFirst();
    if (head) await markDirty(tx, consumer, site);
  }
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
