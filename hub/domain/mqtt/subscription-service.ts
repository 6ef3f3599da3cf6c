import type { SiteId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { raiseSubscriptions } from '../../store/mqtt-messages.ts';
import { retainedFrom } from '../../store/mqtt-retained.ts';
import { messageBytes } from '../../store/mqtt-messages.ts';
import { holdsSession } from '../../store/mqtt-sessions.ts';
import {
  putSubscription,
  removeSubscription,
  type SubscriptionRecord,
} from '../../store/mqtt-subscriptions.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { LiveSession } from './live-session.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { MessageFollower } from './message-follower.ts';
import { targetBy } from './targets.ts';
import { literalStart, matches } from './topic-names.ts';

/** Retained messages that are read at a time. */
const PAGE = 200;

export interface SubscriptionServiceDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly live: LiveSessions;
  readonly clock: Clock;
  readonly follower: Pick<MessageFollower, 'hold'>;
}

/** When retained messages are sent (MQTT 5 section 3.8.3.1). */
export type RetainHandling = 'always' | 'if_new' | 'never';

export interface SubscriptionRequest {
  readonly subscription: SubscriptionRecord;
  readonly retainHandling: RetainHandling;
}

/** What a session subscribes to, in the database where it is kept, and in this hub's tree. */
export class SubscriptionService {
  readonly #deps: SubscriptionServiceDeps;

  constructor(deps: SubscriptionServiceDeps) {
    this.#deps = deps;
  }

  /**
   * @returns those whose retained messages are to be sent, after SUBACK; undefined: the session
   * has another connection.
   */
  async subscribe(
    session: LiveSession,
    requests: readonly SubscriptionRequest[],
  ): Promise<readonly SubscriptionRecord[] | undefined> {
    const all = requests.map(({ subscription }) => subscription);
    const release = await this.#deps.follower.hold(sitesOf(all));
    try {
      return await this.#subscribe(session, requests);
    } finally {
      release();
    }
  }

  async #subscribe(
    session: LiveSession,
    requests: readonly SubscriptionRequest[],
  ): Promise<readonly SubscriptionRecord[] | undefined> {
    const { live } = this.#deps;
    const all = requests.map(({ subscription }) => subscription);
    const kept = all.filter((one) => session.isPersistent || one.share !== null);
    const isHeld = await this.#change(session, kept, async ({ tx }) => {
      for (const one of kept) await putSubscription(tx, one);
    });
    if (!isHeld) return undefined;
    const withRetained: SubscriptionRecord[] = [];
    for (const { subscription, retainHandling } of requests) {
      const isNew = live.subscribe(session, subscription);
      if (subscription.share !== null || retainHandling === 'never') continue;
      if (retainHandling === 'always' || isNew) withRetained.push(subscription);
    }
    return withRetained;
  }

  /** @returns for each name whether there was such a subscription. */
  async unsubscribe(
    session: LiveSession,
    names: readonly string[],
  ): Promise<readonly boolean[] | undefined> {
    const { live } = this.#deps;
    const known = names.map((name) => session.subscriptions.get(name));
    const kept = known.filter(
      (one) => one !== undefined && (session.isPersistent || one.share !== null),
    );
    const isHeld = await this.#change(
      session,
      kept.flatMap((one) => one ?? []),
      async ({ tx }) => {
        for (const one of kept) if (one) await removeSubscription(tx, session.key, one.name);
      },
    );
    if (!isHeld) return undefined;
    for (const name of names) live.unsubscribe(session, name);
    return known.map((one) => one !== undefined);
  }

  /** Hands the retained messages of a filter to the session, page by page as it accepts them. */
  async sendRetained(session: LiveSession, subscription: SubscriptionRecord): Promise<void> {
    const { db, clock } = this.#deps;
    const { site, topic: filter } = subscription;
    const start = literalStart(filter);
    let after = '';
    for (;;) {
      const page = await retainedFrom(db, site, {
        ...{ start, after, limit: PAGE },
        nowMs: clock.nowMs(),
      });
      for (const message of page) {
        if (!matches(filter, message.topic)) continue;
        const target = { ...targetBy([subscription], message), retain: true };
        session.queue.push({ ...target, message, bytes: messageBytes(message) });
      }
      session.queue.pump();
      const last = page.at(-1);
      if (page.length < PAGE || !last) return;
      after = last.topic;
      if (!(await session.queue.hasRoom())) return;
    }
  }

  /** False: the session has another connection. */
  async #change(
    session: LiveSession,
    changed: readonly SubscriptionRecord[],
    change: (work: Work) => Promise<void>,
  ): Promise<boolean> {
    if (changed.length === 0) return true;
    return await this.#deps.unitOfWork.run(async (work) => {
      // Sites before sessions, as whoever publishes does, so that neither waits for the other.
      for (const site of sitesOf(changed)) await raiseSubscriptions(work.tx, site);
      if (!(await holdsSession(work.tx, session.place))) return false;
      await change(work);
      return true;
    }, session.name.identity);
  }
}

function sitesOf(all: readonly SubscriptionRecord[]): readonly SiteId[] {
  return [...new Set(all.map(({ site }) => site))].toSorted();
}
