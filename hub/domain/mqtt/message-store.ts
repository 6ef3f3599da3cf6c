import { type MessageDraft } from '../../kernel/mqtt-message.ts';
import type { HubId, SiteId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { groupedBy } from '#platform/grouped-by.ts';
import { LruCache } from '#platform/lru-cache.ts';
import {
  claimMessages,
  insertMessages,
  messageBytes,
  type MessageRecord,
} from '../../store/mqtt-messages.ts';
import type { QueuedKey, QueuedRow } from '../../store/mqtt-queues.ts';
import { lockPlaces, type SessionPlace } from '../../store/mqtt-sessions.ts';
import { countRetained, isRetainedAt, retain } from '../../store/mqtt-retained.ts';
import { connectedAmong, type SubscriptionRecord } from '../../store/mqtt-subscriptions.ts';
import type { Tx } from '../../store/schema.ts';
import type { Work } from '../../store/unit-of-work.ts';
import { enqueueKept } from './kept-queue.ts';
import type { KeptSubscriptions } from './kept-subscriptions.ts';
import type { MessageReaders } from './message-readers.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';
import { chooseOf, mergeTarget, ownTargets, sharesAmong, targetBy } from './targets.ts';

const MAX_SITES = 10_000;

/** Retained messages of one hub among several before it counts them again. */
const UNCOUNTED = 200;

/** The outcome of storing messages; valid only once the transaction is committed. */
export interface StoredMessages {
  readonly site: SiteId;
  /** In order, without the refused and the fenced ones. */
  readonly messages: readonly MessageRecord[];
  /** What now waits for sessions, connected anywhere or nowhere. */
  readonly rows: readonly QueuedRow[];
  /** What no longer waits for them, since their queues were full. */
  readonly dropped: readonly QueuedKey[];
  /** The numbers that were given to the drafts: the first, and the last. */
  readonly from: number;
  readonly upTo: number;
  /** Drafts beyond the number of retained messages that a site may have. */
  readonly refused: ReadonlySet<MessageDraft>;
  /** Drafts of connections whose sessions have another one by now. */
  readonly fenced: ReadonlySet<MessageDraft>;
}

/** A message, and by which connection it came. */
export interface SubmittedMessage {
  readonly draft: MessageDraft;
  /** Undefined: by none, such as a will. */
  readonly by: SessionPlace | undefined;
}

export interface MessageStoreDeps {
  readonly hubId: HubId;
  readonly clock: Clock;
  readonly kept: KeptSubscriptions;
  /** Another hub may have a newer connection of a session. */
  readonly isShared: boolean;
  readonly readers: Pick<MessageReaders, 'storedIn'>;
}

/** Stores messages together with the queues of all who are to have them. */
export class MessageStore {
  readonly #deps: MessageStoreDeps;
  /** Retained messages of a site when they were counted, and those published here since. */
  readonly #retained = new LruCache<SiteId, { readonly count: number; readonly since: number }>(
    MAX_SITES,
  );

  constructor(deps: MessageStoreDeps) {
    this.#deps = deps;
  }

  /** Within a unit of work; in the order in which they came. */
  async storeIn(
    work: Work,
    site: SiteId,
    submitted: readonly SubmittedMessage[],
  ): Promise<StoredMessages> {
    const { tx } = work;
    const { hubId, clock, kept } = this.#deps;
    const drafts = submitted.map(({ draft }) => draft);
    const place = await claimMessages(tx, site, drafts.length);
    const tree = await kept.at(tx, site, place.subscriptionsRev);
    const refused = await this.#retainedTooMany(tx, site, drafts);
    const storedAtMs = clock.nowMs();
    const from = place.seq - drafts.length + 1;
    const candidates = drafts.flatMap((draft, index) =>
      refused.has(draft)
        ? []
        : [{ draft, record: { ...draft, site, storedAtMs, seq: from + index } }],
    );
    const matched: QueuedRow[] = [];
    for (const { record } of candidates) {
      const matching = tree.matching(record.topic);
      if (matching.length > 0) matched.push(...(await this.#rows(tx, record, matching)));
    }
    const fenced = await this.#fenced(tx, submitted, matched);
    const messages = candidates.flatMap(({ draft, record }) => (fenced.has(draft) ? [] : [record]));
    const seqs = new Set(messages.map(({ seq }) => seq));
    const rows = fenced.size === 0 ? matched : matched.filter(({ seq }) => seqs.has(seq));
    await insertMessages(tx, messages, hubId);
    for (const message of messages) if (message.isRetained) await retain(tx, message);
    const dropped = await this.#queue(tx, rows);
    await this.#deps.readers.storedIn(work, site, messages);
    return { site, messages, rows, dropped, from, upTo: place.seq, refused, fenced };
  }

  /**
   * What came by connections that are no longer those of their sessions: the client knows
   * that it has another one now, and relies on it. Locks the sessions of the queues with them, in
   * one order.
   */
  async #fenced(
    tx: Tx,
    submitted: readonly SubmittedMessage[],
    rows: readonly QueuedRow[],
  ): Promise<ReadonlySet<MessageDraft>> {
    if (!this.#deps.isShared) return new Set();
    const publishers = submitted.flatMap(({ by }) => (by === undefined ? [] : [by.key]));
    if (publishers.length === 0) return new Set();
    const readers = rows.map(({ sessionKey }) => sessionKey);
    const held = await lockPlaces(tx, [...new Set([...publishers, ...readers])]);
    const late = submitted.filter(
      ({ by }) => by !== undefined && held.get(by.key) !== by.generation,
    );
    return new Set(late.map(({ draft }) => draft));
  }

  async #rows(
    tx: Tx,
    message: MessageRecord,
    matching: readonly SubscriptionRecord[],
  ): Promise<QueuedRow[]> {
    const targets = ownTargets(matching, message);
    const bytes = messageBytes(message);
    const shares = sharesAmong(matching);
    if (shares.length > 0) {
      const members = shares.flat().map(({ sessionKey }) => sessionKey);
      const connected = await connectedAmong(tx, [...new Set(members)]);
      for (const share of shares) {
        const chosen = chooseOf(share, (key) => connected.has(key), message.seq);
        // QoS 0 is not queued for a session that is away.
        if (chosen && message.qos === 0 && !connected.has(chosen.sessionKey)) continue;
        if (chosen) mergeTarget(targets, { ...targetBy([chosen], message), isByShare: true });
      }
    }
    return targets
      .filter(({ qos, isByShare }) => qos > 0 || isByShare === true)
      .map((target) => ({ ...target, site: message.site, seq: message.seq, bytes }));
  }

  /** Sessions are locked in one order. */
  async #queue(tx: Tx, rows: readonly QueuedRow[]): Promise<QueuedKey[]> {
    const bySession = groupedBy(rows, ({ sessionKey }) => sessionKey);
    const dropped: QueuedKey[] = [];
    for (const [key, own] of [...bySession].toSorted(([one], [other]) => one - other)) {
      dropped.push(...(await enqueueKept(tx, key, own)));
    }
    return dropped;
  }

  async #retainedTooMany(
    tx: Tx,
    site: SiteId,
    drafts: readonly MessageDraft[],
  ): Promise<ReadonlySet<MessageDraft>> {
    const retained = drafts.filter(({ isRetained, payload }) => isRetained && payload.length > 0);
    if (retained.length === 0) return new Set();
    const limit = MQTT_LIMITS.retainedPerSite;
    // Counted only when there may be too many: each that was published since may be a new one,
    // and so may some that other hubs have stored.
    const known = this.#retained.get(site);
    const since = (known?.since ?? 0) + retained.length;
    const isCounted = known !== undefined && (!this.#deps.isShared || since <= UNCOUNTED);
    if (isCounted && known.count + since <= limit) {
      this.#retained.set(site, { ...known, since });
      return new Set();
    }
    const count = await countRetained(tx, site);
    this.#retained.set(site, { count, since: retained.length });
    let room = limit - count;
    if (room >= retained.length) return new Set();
    const refused = new Set<MessageDraft>();
    for (const draft of retained) {
      if (await isRetainedAt(tx, site, draft.topic)) continue;
      if (room > 0) room -= 1;
      else refused.add(draft);
    }
    return refused;
  }
}
