import type { HubId, SiteId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import type { PublisherRights, TopicRights } from '../../kernel/topic-rights.ts';
import {
  claimMessages,
  insertAgain,
  messageBytes,
  type MessageRecord,
} from '../../store/mqtt-messages.ts';
import { queuedAmong, type QueuedKey, type QueuedRow } from '../../store/mqtt-queues.ts';
import { retainedFrom } from '../../store/mqtt-retained.ts';
import { holdsSession } from '../../store/mqtt-sessions.ts';
import {
  moveRetained,
  type SubscriptionRecord,
  subscriptionsWithRetainedDue,
} from '../../store/mqtt-subscriptions.ts';
import type { Db, Tx } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import type { Principal } from '../accounts/principal.ts';
import { enqueueKept } from './kept-queue.ts';
import type { LiveSession } from './live-session.ts';
import type { SettledRows } from './settled-rows.ts';
import { type Target, targetBy } from './targets.ts';
import { literalStart, matches } from './topic-names.ts';

/** Retained messages that are read at a time. */
const PAGE = 200;

export interface RetainedMessagesDeps {
  readonly db: Db;
  readonly hubId: HubId;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly rights: Pick<TopicRights<Principal, Db>, 'publisherRights'>;
  readonly settledRows: Pick<SettledRows, 'flush'>;
  readonly clock: Clock;
}

interface Page {
  /** Those that match, of authors who may still publish there. */
  readonly messages: readonly MessageRecord[];
  /** The topic to go on after; null: that was all. */
  readonly next: string | null;
}

interface Queued {
  readonly page: Page;
  readonly fresh: readonly QueuedRow[];
  readonly dropped: readonly QueuedKey[];
}

/**
 * The retained messages of a filter, for who subscribes to it: page by page, as the client
 * accepts them. For a session that is kept, those of QoS 1 and 2 wait in its queue like any
 * other message, and how far they are there stands with its subscription.
 */
export class RetainedMessages {
  readonly #deps: RetainedMessagesDeps;

  constructor(deps: RetainedMessagesDeps) {
    this.#deps = deps;
  }

  /** Goes on where an earlier connection of the session ended. */
  async resume(session: LiveSession): Promise<void> {
    const due = await subscriptionsWithRetainedDue(this.#deps.db, session.key);
    for (const { subscription, after } of due) await this.#send(session, subscription, after);
  }

  /** Filter by filter, in their order. */
  async sendAll(session: LiveSession, subscriptions: readonly SubscriptionRecord[]): Promise<void> {
    for (const one of subscriptions) await this.#send(session, one);
  }

  async #send(session: LiveSession, subscription: SubscriptionRecord, from = ''): Promise<void> {
    const isKept = session.isPersistent && subscription.qos > 0;
    for (let after: string | null = from; after !== null;) {
      const start: string = after;
      const next: string | null | undefined = isKept
        ? await this.#queue(session, subscription, start)
        : await this.#push(session, subscription, start);
      session.queue.pump();
      if (next === undefined) return;
      if (next !== null && !(await session.queue.hasRoom())) return;
      after = next;
    }
  }

  async #push(
    session: LiveSession,
    subscription: SubscriptionRecord,
    after: string,
  ): Promise<string | null> {
    const { messages, next } = await this.#page(this.#deps.db, subscription, after);
    for (const message of messages) {
      const target = retainedTarget(subscription, message);
      session.queue.push({ ...target, message, bytes: messageBytes(message) });
    }
    return next;
  }

  /** Undefined: the session has another connection. */
  async #queue(
    session: LiveSession,
    subscription: SubscriptionRecord,
    after: string,
  ): Promise<string | null | undefined> {
    const { unitOfWork, settledRows } = this.#deps;
    // What the client has acknowledged is in its queue no more.
    await settledRows.flush();
    const queued = await unitOfWork.run(async ({ tx }): Promise<Queued | undefined> => {
      // Sites before sessions, as whoever publishes does, so that neither waits for the other.
      await claimMessages(tx, subscription.site, 0);
      if (!(await holdsSession(tx, session.place))) return undefined;
      const page = await this.#page(tx, subscription, after);
      const stored = await this.#queueIn(tx, subscription, page.messages);
      await moveRetained(tx, subscription, page.next);
      return { page, ...stored };
    }, session.name.identity);
    if (!queued) return undefined;
    const { page, fresh, dropped } = queued;
    const rows = new Map(fresh.map((row) => [row.seq, row]));
    for (const message of page.messages) {
      const row = rows.get(message.seq);
      if (row) {
        const { sessionKey, site, seq } = row;
        session.queue.push({ ...row, message, row: { sessionKey, site, seq } });
      } else if (message.qos === 0) {
        const target = retainedTarget(subscription, message);
        session.queue.push({ ...target, message, bytes: messageBytes(message) });
      }
    }
    for (const row of dropped) session.queue.dropRow(row);
    return page.next;
  }

  async #queueIn(
    tx: Tx,
    subscription: SubscriptionRecord,
    page: readonly MessageRecord[],
  ): Promise<Omit<Queued, 'page'>> {
    const { site, sessionKey } = subscription;
    const lasting = page.filter(({ qos }) => qos > 0);
    const seqs = lasting.map(({ seq }) => seq);
    const waiting = await queuedAmong(tx, sessionKey, { site, seqs });
    const messages = lasting.filter(({ seq }) => !waiting.has(seq));
    if (messages.length === 0) return { fresh: [], dropped: [] };
    await insertAgain(tx, messages, this.#deps.hubId);
    const fresh = messages.map((message) => ({
      ...retainedTarget(subscription, message),
      ...{ site, seq: message.seq, bytes: messageBytes(message) },
    }));
    return { fresh, dropped: await enqueueKept(tx, sessionKey, fresh) };
  }

  async #page(db: Db, { site, topic: filter }: SubscriptionRecord, after: string): Promise<Page> {
    const { clock } = this.#deps;
    const start = literalStart(filter);
    const page = await retainedFrom(db, site, {
      ...{ start, after, limit: PAGE },
      nowMs: clock.nowMs(),
    });
    const matching = page.filter(({ topic }) => matches(filter, topic));
    const rights = await this.#rightsOf(db, site, new Set(matching.map(({ author }) => author)));
    const messages = matching.filter(({ author, topic }) =>
      rights.get(author)?.({ site, topic, prefix: '' }),
    );
    const last = page.at(-1);
    return { messages, next: page.length < PAGE || !last ? null : last.topic };
  }

  async #rightsOf(
    db: Db,
    site: SiteId,
    authors: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, PublisherRights>> {
    const rights = new Map<string, PublisherRights>();
    for (const author of authors) {
      rights.set(author, await this.#deps.rights.publisherRights(db, author, site));
    }
    return rights;
  }
}

function retainedTarget(subscription: SubscriptionRecord, message: MessageRecord): Target {
  return { ...targetBy([subscription], message), retain: true };
}
