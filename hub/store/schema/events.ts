import type { AccountEventType } from '#protocol/events/account-event.ts';
import type { EventOutcome } from '#protocol/events/event-outcome.ts';
import type { SiteEventType } from '#protocol/events/site-event.ts';
import type { BaseId, Epoch, HubId, SiteId, UnitId, UserId } from '#protocol/ids.ts';

export interface SiteEventsTable {
  site_id: SiteId;
  rev: number;
  type: SiteEventType;
  /** Of the data. */
  v: number;
  at: number;
  /** JSON. */
  actor: string;
  /** The unit that it is about, if any. */
  unit_id: UnitId | null;
  /** The base that it is about, if any. */
  base_id: BaseId | null;
  /** Of `actor`. */
  actor_id: string | null;
  /** The person who caused it, directly or by a token, or issued the command that it ends. */
  person_id: UserId | null;
  outcome: EventOutcome | null;
  /** JSON. */
  data: string;
}

export interface AccountEventsTable {
  user_id: UserId;
  rev: number;
  type: AccountEventType;
  v: number;
  at: number;
  /** JSON. */
  actor: string;
  /** JSON. */
  data: string;
}

/** Up to where a consumer has handled the events of a site. */
export interface EventCursorsTable {
  consumer: string;
  site_id: SiteId;
  epoch: Epoch;
  rev: number;
}

/** Sites in which a consumer has work. */
export interface EventDirtyTable {
  consumer: string;
  site_id: SiteId;
  /** That does it; null: none yet. */
  hub_id: HubId | null;
}
