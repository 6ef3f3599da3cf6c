import { type Actor, personBehind } from '#protocol/events/actor.ts';
import { baseOf } from '#protocol/events/event-base.ts';
import { outcomeOf } from '#protocol/events/event-outcome.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import { type Epoch, newId, UserId } from '#protocol/ids.ts';

/** The dashboard's user. */
export const ADA_ID = newId(UserId);
export const ADA: Actor = { kind: 'person', id: ADA_ID, name: 'Ada' };

/** The stored events of a site in memory, and their position. */
export interface FakeEvents {
  readonly epoch: Epoch;
  readonly rev: number;
  readonly readings: number;
  readonly floor: number;
  /** Oldest first. */
  readonly events: readonly SiteEvent[];
}

/** A page of them, as a hub answers it. */
export function fakeEventsPage(site: FakeEvents, query: SiteEventsQuery): SiteEventsPage {
  const { epoch, rev, readings, floor } = site;
  const head = { epoch, rev, readings, floor };
  const { after, before } = query;
  const isOther = query.epoch !== undefined && query.epoch !== epoch;
  const isExpired = after !== undefined && after < floor;
  if (isOther || isExpired) {
    const reason = isOther ? 'epoch' : 'expired';
    return { ...head, recovered: false, reason, events: [], next: null };
  }
  const fits = site.events.filter((event) => isRequested(query, event));
  const found =
    after === undefined
      ? fits.filter((event) => event.rev < (before ?? Infinity)).toReversed()
      : fits.filter((event) => event.rev > after);
  const events = found.slice(0, query.limit);
  const next = found.length > events.length ? (events.at(-1)?.rev ?? null) : null;
  return { ...head, recovered: true, events, next };
}

function isRequested(query: SiteEventsQuery, event: SiteEvent): boolean {
  const { type, unit, base, person, outcome } = query;
  const by = event.type === 'command.ended' ? event.data.issuedBy : event.actor;
  return (
    (type === undefined || type.includes(event.type)) &&
    (unit === undefined || ('unitId' in event.data && event.data.unitId === unit)) &&
    (base === undefined || baseOf(event) === base) &&
    (person === undefined || personBehind(by) === person) &&
    (outcome === undefined || outcomeOf(event) === outcome)
  );
}
