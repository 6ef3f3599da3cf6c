import { AppError } from '#protocol/errors.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import {
  EVENTS_PER_LOOK,
  type SiteEventsPage,
  type SiteEventsQuery,
} from '#protocol/http/events.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Db } from '../store/schema.ts';
import { siteEventsAfter, siteEventsBefore, sitePosition } from '../store/site-events.ts';
import { whyNotResumed } from './site-resume.ts';

/** The stored events of sites, page by page. */
export class EventPages {
  readonly #db: Db;

  constructor(deps: { readonly db: Db }) {
    this.#db = deps.db;
  }

  /** @throws AppError `site_unknown`. */
  async page(site: SiteId, query: SiteEventsQuery): Promise<SiteEventsPage> {
    const position = await sitePosition(this.#db, site);
    if (!position) throw new AppError('site_unknown');
    const { epoch, rev, readings, floor } = position;
    const head = { epoch, rev, readings };
    const of = { site, epoch };
    const { limit, type: types, unit: unitId } = query;
    if (query.after === undefined) {
      const upTo = Math.min(rev, (query.before ?? rev + 1) - 1);
      const after = Math.max(0, upTo - EVENTS_PER_LOOK);
      const range = { upTo, after, limit: limit + 1, types, unitId };
      const found = await siteEventsBefore(this.#db, of, range);
      const events = found.slice(0, limit);
      const last = found.length > limit ? events.at(-1)?.rev : after + 1;
      const next = last === undefined || last <= 1 ? null : last;
      return { ...head, recovered: true, events: by(query, events), next };
    }
    const reason = whyNotResumed(position, { epoch: query.epoch ?? epoch, rev: query.after });
    if (reason !== undefined) {
      // From what is kept on: whoever goes on knows that something is missing before it.
      return {
        ...head,
        recovered: false,
        reason,
        events: [],
        next: reason === 'expired' ? floor : rev,
      };
    }
    const upTo = Math.min(rev, query.after + EVENTS_PER_LOOK);
    const range = { after: query.after, upTo, limit: limit + 1, types, unitId };
    const found = await siteEventsAfter(this.#db, of, range);
    const events = found.slice(0, limit);
    const end = found.length > limit ? (events.at(-1)?.rev ?? upTo) : upTo;
    return { ...head, recovered: true, events: by(query, events), next: end < rev ? end : null };
  }
}

function by({ actor }: SiteEventsQuery, events: readonly SiteEvent[]): SiteEvent[] {
  return events.filter((event) => actor === undefined || event.actor.id === actor);
}
