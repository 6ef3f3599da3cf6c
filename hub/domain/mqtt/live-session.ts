import { type SessionName } from '../../kernel/mqtt-message.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { TopicGrant } from '../../kernel/topic-rights.ts';
import type { SessionPlace } from '../../store/mqtt-sessions.ts';
import type { SubscriptionRecord } from '../../store/mqtt-subscriptions.ts';
import { type Principal, subjectOf } from '../accounts/principal.ts';
import type { DeliveryQueue } from './delivery-queue.ts';

/** Why the hub ends a connection. */
export type SessionEnd =
  | 'taken_over'
  /** Its rights or credentials are gone. */
  | 'revoked'
  /** The hub stops, or is no longer on record: the client finds another. */
  | 'hub_leaves';

export interface LiveSessionDeps {
  readonly place: SessionPlace;
  readonly name: SessionName;
  readonly principal: Principal;
  readonly grant: TopicGrant;
  /** Kept without its connection. */
  readonly isPersistent: boolean;
  readonly subscriptions: readonly SubscriptionRecord[];
  /** QoS 2 packet ids that the client has not released. */
  readonly received: readonly number[];
  readonly queue: DeliveryQueue;
  readonly end: (why: SessionEnd) => void;
}

/** A session whose client is connected to this hub. */
export class LiveSession {
  readonly place: SessionPlace;
  readonly name: SessionName;
  readonly principal: Principal;
  readonly author: string;
  readonly isPersistent: boolean;
  readonly queue: DeliveryQueue;
  readonly end: (why: SessionEnd) => void;
  readonly subscriptions: Map<string, SubscriptionRecord>;
  readonly received: Set<number>;
  grant: TopicGrant;

  constructor(deps: LiveSessionDeps) {
    this.place = deps.place;
    this.name = deps.name;
    this.principal = deps.principal;
    this.author = subjectOf(deps.principal);
    this.isPersistent = deps.isPersistent;
    this.queue = deps.queue;
    this.end = deps.end;
    this.grant = deps.grant;
    this.subscriptions = new Map(deps.subscriptions.map((one) => [one.name, one]));
    this.received = new Set(deps.received);
  }

  get key(): number {
    return this.place.key;
  }

  /** Sites that it has subscriptions in. */
  get sites(): ReadonlySet<SiteId> {
    return new Set([...this.subscriptions.values()].map(({ site }) => site));
  }
}
