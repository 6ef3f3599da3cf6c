import { AppError } from '#protocol/errors.ts';
import {
  EVENTS_PER_LOOK,
  type SiteEventsPage,
  type SiteEventsQuery,
} from '#protocol/http/events.ts';
import type { SiteId } from '#protocol/ids.ts';
import { namedActors } from '../store/actor-names.ts';
import { type EventFilter, type EventSearch, searchSiteEvents } from '../store/event-search.ts';
import type { Db } from '../store/schema.ts';
import { type SitePosition, sitePosition } from '../store/site-events.ts';
import { whyNotResumed } from './site-resume.ts';

/** The stored events of sites, page by page. */
export class EventPages {
  readonly #db: Db;
  readonly #look: number;

  constructor(deps: { readonly db: Db; readonly eventsPerLook?: number }) {
    this.#db = deps.db;
    this.#look = deps.eventsPerLook ?? EVENTS_PER_LOOK;
  }

  /** @throws AppError `site_unknown`. */
  async page(site: SiteId, query: SiteEventsQuery): Promise<SiteEventsPage> {
    const position = await sitePosition(this.#db, site);
    if (!position) throw new AppError('site_unknown');
    const { epoch, rev, readings, floor } = position;
    const head = { epoch, rev, floor, readings };
    const reason = whyNot(position, query);
    if (reason !== undefined) {
      // From the oldest kept event on: the caller knows that something before it is missing.
      const next = query.after === undefined ? null : reason === 'expired' ? floor : rev;
      return { ...head, recovered: false, reason, events: [], next };
    }
    const range =
      query.after === undefined
        ? ({
            order: 'newest',
            after: 0,
            upTo: Math.min(rev, (query.before ?? rev + 1) - 1),
          } as const)
        : ({ order: 'oldest', after: query.after, upTo: rev } as const);
    const { limit } = query;
    const search: EventSearch = {
      ...{ site, epoch, limit, look: this.#look, filter: filterOf(query) },
      ...range,
    };
    const { events, end } = await searchSiteEvents(this.#db, search);
    return {
      ...head,
      recovered: true,
      events: await namedActors(this.#db, site, events),
      next: end ?? null,
    };
  }
}

/** Why events between the query's position and the kept ones are unknown. */
function whyNot(
  position: SitePosition,
  { after, before, epoch = position.epoch }: SiteEventsQuery,
): SiteEventsPage['reason'] {
  if (after !== undefined) return whyNotResumed(position, { epoch, rev: after });
  return before !== undefined && epoch !== position.epoch ? 'epoch' : undefined;
}

/** What of a query each event is held against. */
export function filterOf(query: SiteEventsQuery): EventFilter {
  const {
    type: types,
    unit: unitId,
    base: baseId,
    person: personId,
    actor: actorId,
    outcome,
  } = query;
  return { types, unitId, baseId, personId, actorId, outcome };
}
