import { baseOf } from '#protocol/events/event-base.ts';
import { outcomeOf } from '#protocol/events/event-outcome.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { EventFilter } from '../store/event-search.ts';
import { personOf } from '../store/site-events.ts';

/**
 * Whether the search finds an event by a filter: what {@link searchSiteEvents} requests of the
 * database, of an event that is at hand. One contract test holds both to each other.
 */
export function fitsFilter(event: SiteEvent, filter: EventFilter): boolean {
  const { types, unitId, baseId, personId, actorId, outcome } = filter;
  return (
    (types === undefined || types.includes(event.type)) &&
    (unitId === undefined || ('unitId' in event.data && event.data.unitId === unitId)) &&
    (baseId === undefined || baseOf(event) === baseId) &&
    (personId === undefined || personOf(event) === personId) &&
    (actorId === undefined || event.actor.id === actorId) &&
    (outcome === undefined || outcomeOf(event) === outcome)
  );
}
