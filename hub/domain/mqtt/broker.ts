import { type MessageDraft, QOS } from '../../kernel/mqtt-message.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { TokenBucket } from '#platform/token-bucket.ts';
import type { TopicRights } from '../../kernel/topic-rights.ts';
import { messageBytes, type MessageRecord } from '../../store/mqtt-messages.ts';
import { insertReceived, releaseQueued, removeReceived } from '../../store/mqtt-queues.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import type { Principal } from '../accounts/principal.ts';
import type { FanOut } from './fan-out.ts';
import type { LiveSession } from './live-session.ts';
import type { DeliveryTracker } from './delivery.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { MessageReaders } from './message-readers.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';
import type { OtherHubs, PassingMessage } from './other-hubs.ts';
import type { PublishQueues } from './publish-queues.ts';
import { targetBy } from './targets.ts';
import { matches } from './topic-names.ts';

export interface BrokerDeps {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly queues: PublishQueues;
  readonly fanOut: FanOut;
  readonly live: LiveSessions;
  readonly rights: TopicRights<Principal, Db>;
  readonly others: OtherHubs;
  readonly readers: Pick<MessageReaders, 'passed'>;
  readonly clock: Clock;
}

/** A message grows by this factor when it is encoded as Base64 in JSON. */
const ENCODED_SHARE = 4 / 3;

export interface PublishRequest {
  readonly site: SiteId;
  readonly draft: MessageDraft;
  /** Of QoS 2, which is remembered in the same transaction. */
  readonly packetId: number | undefined;
}

/** Publishes messages, and follows their acknowledgements. */
export class Broker {
  readonly #deps: BrokerDeps;
  readonly #dropped = { count: 0 };
  readonly #passingBudget: TokenBucket;

  constructor(deps: BrokerDeps) {
    this.#deps = deps;
    this.#passingBudget = new TokenBucket(deps.clock, MQTT_LIMITS.passingBetweenHubs);
  }

  /** Messages that were dropped because a client's queue was full. */
  get dropped(): number {
    return this.#dropped.count;
  }

  readonly countDropped = (count: number): void => {
    this.#dropped.count += count;
  };

  /**
   * Resolves once the message may be acknowledged: it is stored, with whatever follows from it.
   */
  async publish(session: LiveSession, { site, draft, packetId }: PublishRequest): Promise<void> {
    const { queues } = this.#deps;
    if (draft.qos === 0 && !draft.isRetained && !this.#mustBeStored(site, draft)) {
      this.#pass(site, draft);
      return;
    }
    const isKept = packetId !== undefined && session.isPersistent;
    const outcome = await queues.publish(
      site,
      { draft, by: session.place },
      isKept ? ({ tx }) => insertReceived(tx, session.key, packetId) : undefined,
    );
    if (outcome === 'fenced') {
      session.end('taken_over');
      return;
    }
    if (packetId !== undefined) session.received.add(packetId);
  }

  /**
   * A message of the hub to this client and connection alone, if it has subscribed to the topic;
   * people and software that have get it with QoS 0. It is not stored: the sender has it.
   *
   * @returns whether it is on its way.
   */
  sendTo(
    session: LiveSession,
    {
      site,
      draft,
      tracker,
    }: { readonly site: SiteId; readonly draft: MessageDraft; readonly tracker: DeliveryTracker },
  ): boolean {
    const filters = [...session.subscriptions.values()].filter(
      (one) => one.share === null && one.site === site && matches(one.topic, draft.topic),
    );
    if (filters.length === 0) return false;
    const qos = filters.some((one) => one.qos > 0) ? QOS.atLeastOnce : QOS.atMostOnce;
    const message = { ...draft, qos, ...{ site, seq: 0, storedAtMs: this.#deps.clock.nowMs() } };
    const target = { ...targetBy(filters, message), qos };
    session.queue.push({ ...target, message, bytes: messageBytes(message), tracker });
    session.queue.pump();
    const seen = { ...draft, qos: QOS.atMostOnce };
    this.#handOn(site, seen, new Set([session.key]));
    this.#toOthers(site, seen);
    return true;
  }

  /** Publishes for somebody who is no client: a person who tries something. */
  async publishFrom(site: SiteId, draft: MessageDraft): Promise<void> {
    const { queues } = this.#deps;
    if (draft.qos === 0 && !draft.isRetained && !this.#mustBeStored(site, draft)) {
      this.#pass(site, draft);
      return;
    }
    await queues.publish(site, { draft, by: undefined });
  }

  /** PUBREL: the client forgets the message, and so does the hub. */
  async release(session: LiveSession, packetId: number): Promise<void> {
    if (session.isPersistent && session.received.has(packetId)) {
      const { key } = session;
      await this.#deps.unitOfWork.run(
        ({ tx }) => removeReceived(tx, key, packetId),
        session.name.identity,
      );
    }
    session.received.delete(packetId);
  }

  /** PUBREC: stored before PUBREL, so that the message is never sent again. */
  async received(session: LiveSession, packetId: number): Promise<boolean> {
    const delivery = session.queue.received(packetId);
    if (!delivery) return false;
    const { row } = delivery;
    if (row) {
      await this.#deps.unitOfWork.run(({ tx }) => releaseQueued(tx, row), session.name.identity);
    }
    return true;
  }

  /** Before the start: looks rights up again when they may be others. */
  watchRights(): void {
    const { rights, live } = this.#deps;
    rights.onChange((concerns) => {
      for (const session of live.all()) if (concerns(session.principal)) this.#regrant(session);
    });
  }

  #regrant(session: LiveSession): void {
    session.queue.pause();
    this.#deps.rights
      .grantOf(session.principal)
      .then((grant) => {
        session.grant = grant;
        session.queue.resume();
      })
      // Rights that cannot be read are no rights.
      .catch(() => session.end('revoked'));
  }

  /** Of another hub, and kept by nobody. */
  readonly passed = (message: PassingMessage): void => {
    const draft = { ...message, qos: QOS.atMostOnce, isRetained: false };
    this.#handOn(message.site, draft);
  };

  #pass(site: SiteId, draft: MessageDraft): void {
    this.#deps.readers.passed(this.#handOn(site, draft));
    this.#toOthers(site, draft);
  }

  #toOthers(site: SiteId, draft: MessageDraft): void {
    if (this.#deps.others.interestIn(site) === 'none') return;
    if (!this.#passingBudget.tryConsume()) {
      this.#dropped.count += 1;
      return;
    }
    const { qos: _qos, isRetained: _isRetained, ...message } = draft;
    this.#deps.others.publish({ kind: 'passing', message: { ...message, site } });
  }

  #handOn(site: SiteId, draft: MessageDraft, served?: ReadonlySet<number>): MessageRecord {
    const message = { ...draft, ...{ site, seq: 0, storedAtMs: this.#deps.clock.nowMs() } };
    this.#deps.fanOut.passing(message, served);
    return message;
  }

  /**
   * A message that is too large for the bus goes by the database; so does one for a shared
   * subscription of several hubs, since only the database knows whose turn it is.
   */
  #mustBeStored(site: SiteId, draft: MessageDraft): boolean {
    const interest = this.#deps.others.interestIn(site);
    if (interest !== 'own') return interest === 'shared';
    return messageBytes(draft) * ENCODED_SHARE > MQTT_LIMITS.passingBytes;
  }
}
