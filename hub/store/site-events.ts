import { sql } from 'kysely';
import { AppError } from '#protocol/errors.ts';
import type { Actor } from '#protocol/events/actor.ts';
import { type SiteEvent, type SiteEventType, versionOf } from '#protocol/events/site-event.ts';
import { Epoch, type SiteId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { prepared } from './prepared.ts';
import type { Db, SiteEventsTable, Tx } from './schema.ts';

/** An event before it has its place in the stream of its site. */
export type SiteEventDraft = {
  [T in SiteEventType]: {
    readonly site: SiteId;
    readonly type: T;
    readonly actor: Actor;
    readonly data: Extract<SiteEvent, { readonly type: T }>['data'];
  };
}[SiteEventType];

/** Where the stream of a site is. */
export interface SitePosition {
  readonly epoch: Epoch;
  readonly rev: number;
  /** Up to here events are not all kept any more. */
  readonly floor: number;
}

const headMoved = prepared<{ readonly site: SiteId; readonly by: number }>()((db, slot) =>
  db
    .updateTable('sites')
    .set({ rev: sql`rev + ${slot('by')}` })
    .where('id', '=', slot('site'))
    .returning(['rev', 'epoch']),
);

const insertedEvent = prepared<SiteEventsTable>()((db, slot) =>
  db.insertInto('site_events').values({
    site_id: slot('site_id'),
    rev: slot('rev'),
    type: slot('type'),
    v: slot('v'),
    at: slot('at'),
    actor: slot('actor'),
    unit_id: slot('unit_id'),
    data: slot('data'),
  }),
);

/** Stores events at the head of a site's stream, which moves once for all of them. */
export async function appendSiteEvents(
  tx: Tx,
  site: SiteId,
  { drafts, nowMs }: { readonly drafts: readonly SiteEventDraft[]; readonly nowMs: number },
): Promise<SiteEvent[]> {
  const head = await headMoved.first(tx, { site, by: drafts.length });
  if (!head) throw new AppError('site_unknown');
  const events: SiteEvent[] = [];
  for (const [index, draft] of drafts.entries()) {
    const rev = head.rev - drafts.length + 1 + index;
    await insertedEvent.run(tx, {
      site_id: site,
      rev,
      type: draft.type,
      v: versionOf(draft.type),
      at: nowMs,
      actor: JSON.stringify(draft.actor),
      unit_id: 'unitId' in draft.data ? draft.data.unitId : null,
      data: JSON.stringify(draft.data),
    });
    events.push({ ...draft, v: 1, epoch: head.epoch, rev, at: toInstant(nowMs) });
  }
  return events;
}

const position = prepared<{ readonly site: SiteId }>()((db, slot) =>
  db.selectFrom('sites').select(['epoch', 'rev', 'events_floor']).where('id', '=', slot('site')),
);

export async function sitePosition(db: Db, site: SiteId): Promise<SitePosition | undefined> {
  const row = await position.first(db, { site });
  return row && { epoch: row.epoch, rev: row.rev, floor: row.events_floor };
}

/** Begins another life of the stream of a base's site: its next numbers may have been given before. */
export async function beginSiteEpochOf(tx: Tx, baseKey: number): Promise<void> {
  const site = tx.selectFrom('bases').select('site_id').where('key', '=', baseKey);
  await tx
    .updateTable('sites')
    .set({ epoch: newId(Epoch) })
    .where('id', '=', site)
    .execute();
}
