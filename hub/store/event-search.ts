import { type SqlBool, sql } from 'kysely';
import type { EventOutcome } from '#protocol/events/event-outcome.ts';
import type { SiteEvent, SiteEventType } from '#protocol/events/site-event.ts';
import type { BaseId, Epoch, SiteId, UnitId, UserId } from '#protocol/ids.ts';
import { engineOf } from './engine/adapter.ts';
import type { Db } from './schema.ts';
import type { SiteEventsTable } from './schema/events.ts';
import { eventOf } from './site-events.ts';

/** Which events of a site to find. */
export interface EventFilter {
  readonly types?: readonly SiteEventType[] | undefined;
  readonly unitId?: UnitId | undefined;
  readonly baseId?: BaseId | undefined;
  readonly personId?: UserId | undefined;
  readonly actorId?: string | undefined;
  readonly outcome?: EventOutcome | undefined;
}

export interface EventSearch {
  readonly site: SiteId;
  readonly epoch: Epoch;
  readonly filter: EventFilter;
  /** Revisions above this ... */
  readonly after: number;
  /** ... up to this. */
  readonly upTo: number;
  readonly order: 'newest' | 'oldest';
  /** Maximum events in one answer. */
  readonly limit: number;
  /**
   * Maximum events searched for it; where an index narrows the search, only those in the index
   * count.
   */
  readonly look: number;
}

export interface EventsFound {
  readonly events: SiteEvent[];
  /** The answer is complete up to here, in the order of the search; undefined: to the end. */
  readonly end: number | undefined;
}

const PRIMARY_KEY = 'primary key';

/** In the same order as in the index that excludes them. */
const FREQUENT: readonly SiteEventType[] = [
  'command.issued',
  'command.ended',
  'property.changed',
  'unit.event',
  'unit.presence_changed',
];
/** Word for word as in the indexes: otherwise SQLite does not use them. */
const SELDOM = sql<SqlBool>`type not in (${sql.join(FREQUENT.map((type) => sql.lit(type)))})`;
const FAILED = sql<SqlBool>`outcome = 'failed'`;

/**
 * Finds events of a site. Filters with an index narrow the search; the rest of the filter is
 * applied to a bounded number of events, and the answer says how far the search came.
 */
export async function searchSiteEvents(db: Db, search: EventSearch): Promise<EventsFound> {
  const bound = isNarrowed(search.filter) ? await lastToLookAt(db, search) : undefined;
  const rows = await searchQuery(db, search, bound).execute();
  const found = rows.slice(0, search.limit);
  const end = rows.length > search.limit ? found.at(-1)?.rev : bound;
  return { events: found.flatMap((row) => eventOf(row, search.epoch)), end };
}

/** One more than the limit, to detect that there are more; nothing beyond the bound. */
export function searchQuery(db: Db, search: EventSearch, bound: number | undefined) {
  const { actorId, outcome, types, baseId, personId } = search.filter;
  let query = lookedAt(db, search).selectAll();
  if (types !== undefined) query = query.where('type', 'in', types);
  if (baseId !== undefined) query = query.where('base_id', '=', baseId);
  if (personId !== undefined) query = query.where('person_id', '=', personId);
  if (actorId !== undefined) query = query.where('actor_id', '=', actorId);
  if (outcome !== undefined) query = query.where('outcome', '=', outcome);
  if (bound !== undefined)
    query = query.where('rev', search.order === 'newest' ? '>=' : '<=', bound);
  return query.limit(search.limit + 1);
}

/** The events that an index narrows the search to, in the order of the search. */
function lookedAt(db: Db, search: EventSearch) {
  const { unitId, baseId, personId, outcome, types } = search.filter;
  const by = (index: string) =>
    db
      .selectFrom(fromIndex(db, index))
      .where('site_id', '=', search.site)
      .where('rev', '>', search.after)
      .where('rev', '<=', search.upTo)
      .orderBy('rev', search.order === 'newest' ? 'desc' : 'asc');
  if (unitId !== undefined) return by('site_events_by_unit').where('unit_id', '=', unitId);
  if (baseId !== undefined) return by('site_events_by_base').where('base_id', '=', baseId);
  if (personId !== undefined) return by('site_events_by_person').where('person_id', '=', personId);
  if (outcome === 'failed') return by('site_events_failed').where(FAILED);
  if (isSeldom(types)) return by('site_events_seldom').where(SELDOM);
  return by(PRIMARY_KEY);
}

/**
 * The index is named, because SQLite would otherwise use the primary key for its order, and
 * read all events.
 */
function fromIndex(db: Db, index: string) {
  const { dialect } = engineOf(db);
  const indexed = index === PRIMARY_KEY ? 'site_events' : dialect.fromIndex('site_events', index);
  return sql<SiteEventsTable>`site_events`.as<'site_events'>(sql.raw(indexed));
}

function isSeldom(types: EventFilter['types']): boolean {
  return types !== undefined && !types.some((type) => FREQUENT.includes(type));
}

/** Whether the filter has conditions that its index does not cover. */
function isNarrowed(filter: EventFilter): boolean {
  const { types, unitId, baseId, personId, actorId, outcome } = filter;
  const things = [unitId, baseId, personId].filter((id) => id !== undefined).length;
  const isOutcomeIndexed = outcome === undefined || (outcome === 'failed' && things === 0);
  return types !== undefined || actorId !== undefined || things > 1 || !isOutcomeIndexed;
}

/** The last event that an answer may search, if there may be more behind it. */
async function lastToLookAt(db: Db, search: EventSearch): Promise<number | undefined> {
  const last = await lookedAt(db, search)
    .select('rev')
    .offset(search.look - 1)
    .limit(1)
    .executeTakeFirst();
  return last?.rev;
}
