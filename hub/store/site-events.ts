import { sql } from 'kysely';
import { AppError } from '#protocol/errors.ts';
import { Actor, HUB_ACTOR, personBehind } from '#protocol/events/actor.ts';
import { baseOf } from '#protocol/events/event-base.ts';
import { outcomeOf } from '#protocol/events/event-outcome.ts';
import { SiteEvent, type SiteEventType, versionOf } from '#protocol/events/site-event.ts';
import { Epoch, type SiteId, type UserId, newId } from '#protocol/ids.ts';
import { Json, toInstant } from '#protocol/json.ts';
import { inPresentVersion } from '#protocol/events/event-versions.ts';
import { jsonColumnOr, readableInstant } from './json-column.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';
import type { SiteEventsTable } from './schema/events.ts';

/** An event that does not have its place in the stream of its site yet. */
export type SiteEventDraft = {
  [T in SiteEventType]: {
    readonly site: SiteId;
    readonly type: T;
    readonly actor: Actor;
    readonly data: Extract<SiteEvent, { readonly type: T }>['data'];
  };
}[SiteEventType];

/**
 * Read by a second query: `returning` sets up a temporary table for one row, which takes
 * longer than both.
 */
const position = prepared<{ readonly site: SiteId }>()((db, slot) =>
  db
    .selectFrom('sites')
    .select(['epoch', 'rev', 'events_floor', 'readings_rev', 'raw_floor'])
    .where('id', '=', slot('site')),
);

const readingsRaised = prepared<{ readonly site: SiteId }>()((db, slot) =>
  db
    .updateTable('sites')
    .set({ readings_rev: sql`readings_rev + 1` })
    .where('id', '=', slot('site')),
);

/** Where a transaction stores readings of a site. */
export interface ReadingsPlace {
  readonly position: number;
  /** Readings from before are not kept, and only join the roll-ups. */
  readonly floorMs: number;
}

/** Raises the position of a site's readings, once for all that a transaction stores. */
export async function raiseReadings(tx: Tx, site: SiteId): Promise<ReadingsPlace> {
  await readingsRaised.run(tx, { site });
  const row = await position.first(tx, { site });
  if (!row) throw new AppError('site_unknown');
  return { position: row.readings_rev, floorMs: row.raw_floor };
}

/** The position of a site's stream. */
export interface SitePosition {
  readonly epoch: Epoch;
  readonly rev: number;
  /** Up to here the events are incomplete. */
  readonly floor: number;
  /** Of its readings. */
  readonly readings: number;
}

const headMoved = prepared<{ readonly site: SiteId; readonly by: number }>()((db, slot) =>
  db
    .updateTable('sites')
    .set({ rev: sql`rev + ${slot('by')}` })
    .where('id', '=', slot('site')),
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
    base_id: slot('base_id'),
    actor_id: slot('actor_id'),
    person_id: slot('person_id'),
    outcome: slot('outcome'),
    data: slot('data'),
  }),
);

/** Stores events at the head of a site's stream, which is raised once for all of them. */
export async function appendSiteEvents(
  tx: Tx,
  site: SiteId,
  { drafts, nowMs }: { readonly drafts: readonly SiteEventDraft[]; readonly nowMs: number },
): Promise<SiteEvent[]> {
  await headMoved.run(tx, { site, by: drafts.length });
  const head = await position.first(tx, { site });
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
      base_id: baseOf(draft) ?? null,
      actor_id: draft.actor.id ?? null,
      person_id: personOf(draft) ?? null,
      outcome: outcomeOf(draft) ?? null,
      data: JSON.stringify(draft.data),
    });
    events.push({
      ...draft,
      v: versionOf(draft.type),
      epoch: head.epoch,
      rev,
      at: toInstant(nowMs),
    });
  }
  return events;
}

export async function sitePosition(db: Db, site: SiteId): Promise<SitePosition | undefined> {
  const row = await position.first(db, { site });
  return (
    row && { epoch: row.epoch, rev: row.rev, floor: row.events_floor, readings: row.readings_rev }
  );
}

/**
 * Begins a new epoch of the stream of a base's site: its next numbers may have been used
 * before.
 */
export async function beginSiteEpochOf(tx: Tx, baseKey: number): Promise<void> {
  const site = tx.selectFrom('bases').select('site_id').where('key', '=', baseKey);
  await tx
    .updateTable('sites')
    .set({ epoch: newId(Epoch) })
    .where('id', '=', site)
    .execute();
}

/** The same for a whole site that goes on elsewhere: what has been handled of it stays handled. */
export async function beginSiteEpoch(tx: Tx, siteId: SiteId): Promise<void> {
  const epoch = newId(Epoch);
  const before = tx.selectFrom('sites').select('epoch').where('id', '=', siteId);
  await tx
    .updateTable('event_cursors')
    .set({ epoch })
    .where('site_id', '=', siteId)
    .where('epoch', '=', before)
    .execute();
  await tx.updateTable('sites').set({ epoch }).where('id', '=', siteId).execute();
}

/** The person behind an event: the end of a command belongs to whoever issued it. */
export function personOf({ type, actor, data }: SiteEventDraft): UserId | undefined {
  return (
    personBehind(actor) ?? (type === 'command.ended' ? personBehind(data.issuedBy) : undefined)
  );
}

/** An event that can no longer be read is left out; the others are not affected. */
export function eventOf(row: SiteEventsTable, epoch: Epoch): SiteEvent[] {
  const event = SiteEvent.safeParse({
    site: row.site_id,
    epoch,
    rev: row.rev,
    type: row.type,
    at: readableInstant(row.at),
    actor: jsonColumnOr(Actor, row.actor, HUB_ACTOR),
    ...inPresentVersion(row.type, { v: row.v, data: jsonColumnOr(Json, row.data, null) }),
  });
  return event.success ? [event.data] : [];
}

/** The events found. */
export interface EventsRead {
  readonly events: SiteEvent[];
  /** Every event up to here was read, including unreadable ones. */
  readonly end: number;
}

/** Events after a revision, in order. */
export async function siteEventsAfter(
  db: Db,
  { site, epoch }: { readonly site: SiteId; readonly epoch: Epoch },
  range: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<EventsRead> {
  const rows = await db
    .selectFrom('site_events')
    .selectAll()
    .where('site_id', '=', site)
    .where('rev', '>', range.after)
    .where('rev', '<=', range.upTo)
    .orderBy('rev')
    .limit(range.limit)
    .execute();
  const end = rows.length < range.limit ? range.upTo : (rows.at(-1)?.rev ?? range.upTo);
  return { events: rows.flatMap((row) => eventOf(row, epoch)), end };
}
