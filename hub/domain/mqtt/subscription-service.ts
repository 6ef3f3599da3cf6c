import type { SiteId } from '#protocol/ids.ts';
import { raiseSubscriptions } from '../../store/mqtt-messages.ts';
import { holdsSession } from '../../store/mqtt-sessions.ts';
import {
  putSubscription,
  removeSubscription,
  type SubscriptionRecord,
} from '../../store/mqtt-subscriptions.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { LiveSession } from './live-session.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { MessageFollower } from './message-follower.ts';

export interface SubscriptionServiceDeps {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly live: LiveSessions;
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
      for (const { subscription, retainHandling } of requests) {
        if (!kept.includes(subscription)) continue;
        const isNew = !session.subscriptions.has(subscription.name);
        const isRetainedDue =
          session.isPersistent && isRetainedWanted(subscription, retainHandling, isNew);
        await putSubscription(tx, subscription, { isRetainedDue });
      }
    });
    if (!isHeld) return undefined;
    const withRetained: SubscriptionRecord[] = [];
    for (const { subscription, retainHandling } of requests) {
      const isNew = live.subscribe(session, subscription);
      if (isRetainedWanted(subscription, retainHandling, isNew)) withRetained.push(subscription);
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

function isRetainedWanted(
  { share }: SubscriptionRecord,
  handling: RetainHandling,
  isNew: boolean,
): boolean {
  if (share !== null || handling === 'never') return false;
  return handling === 'always' || isNew;
}

function sitesOf(all: readonly SubscriptionRecord[]): readonly SiteId[] {
  return [...new Set(all.map(({ site }) => site))].toSorted();
}
