import { type MessageDraft } from '../../kernel/mqtt-message.ts';
import type { IPublishPacket } from 'mqtt-packet';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Broker } from '../../domain/mqtt/broker.ts';
import type { LiveSession } from '../../domain/mqtt/live-session.ts';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import { isTopic } from '../../domain/mqtt/topic-names.ts';
import type { TopicPlace } from '../../kernel/topic-rights.ts';
import type { ClientLink } from './client-link.ts';
import { fromPacketProperties } from './message-properties.ts';
import type { OrderedAnswers } from './ordered-answers.ts';
import { ProtocolFault, REASON, type ReasonCode } from './reason-codes.ts';

/** A client may try again later. */
const QUOTA: ReadonlySet<ErrorCode> = new Set(['overloaded', 'storage_full']);

export interface PublishIntakeDeps {
  readonly session: LiveSession;
  readonly link: ClientLink;
  readonly answers: OrderedAnswers;
  readonly broker: Pick<Broker, 'publish' | 'release'>;
  readonly clock: Clock;
  readonly wantsReasons: boolean;
  /** A publish is stored or refused: the client may be read again. */
  readonly relieved: () => void;
}

/**
 * The messages of one client: acknowledged when they are stored, in the order in which they came.
 */
export class PublishIntake {
  readonly #deps: PublishIntakeDeps;
  readonly #aliases = new Map<number, string>();
  /** QoS 2 messages that are being stored. */
  readonly #storing = new Set<number>();
  #pending = 0;
  #pendingBytes = 0;

  constructor(deps: PublishIntakeDeps) {
    this.#deps = deps;
  }

  /** So much waits that the client is not read further. */
  get isFull(): boolean {
    return (
      this.#pending >= MQTT_LIMITS.receiveMaximum || this.#pendingBytes >= MQTT_LIMITS.pendingBytes
    );
  }

  /** @throws ProtocolFault */
  publish(packet: IPublishPacket): void {
    const { qos, messageId = 0, dup } = packet;
    if (qos > 0 && messageId === 0) throw new ProtocolFault(REASON.protocolError, 'packet id 0');
    if (qos === 0 && dup) throw new ProtocolFault(REASON.malformed, 'a duplicate of QoS 0');
    const topic = this.#topicOf(packet);
    if (qos === 2 && this.#isKnown(messageId)) return;
    if (qos > 0) this.#checkWindow();
    const place = this.#placeOf(topic);
    if (!place) {
      this.#refuse(packet, REASON.notAuthorized, 'no right to publish at this topic');
      return;
    }
    let draft: MessageDraft;
    try {
      draft = this.#draftOf(packet, place);
    } catch (error) {
      if (!(error instanceof ProtocolFault) || error.reason === REASON.malformed) throw error;
      this.#refuse(packet, error.reason, error.message);
      return;
    }
    this.#store(packet, place, draft);
  }

  /** PUBREL. */
  release(packetId: number): void {
    const { session, link, answers, broker } = this.#deps;
    const answer = answers.expect();
    const isKnown = session.received.has(packetId);
    const code = isKnown ? REASON.success : REASON.packetIdNotFound;
    broker.release(session, packetId).then(
      () => answer(link.confirmation('pubcomp', packetId, { code })),
      () => link.end(REASON.unspecified),
    );
  }

  /** A QoS 2 message that is here already: its PUBREC is on the way, or is sent again. */
  #isKnown(packetId: number): boolean {
    const { session, link, answers } = this.#deps;
    if (this.#storing.has(packetId)) return true;
    if (!session.received.has(packetId)) return false;
    answers.expect()(link.confirmation('pubrec', packetId));
    return true;
  }

  #topicOf({ topic, properties }: IPublishPacket): string {
    const alias = properties?.topicAlias;
    if (properties?.subscriptionIdentifier !== undefined) {
      throw new ProtocolFault(REASON.protocolError, 'a subscription identifier');
    }
    if (alias !== undefined && (alias === 0 || alias > MQTT_LIMITS.topicAliases)) {
      throw new ProtocolFault(REASON.aliasInvalid, 'topic alias');
    }
    if (topic === '') {
      const known = alias === undefined ? undefined : this.#aliases.get(alias);
      if (known === undefined) throw new ProtocolFault(REASON.protocolError, 'no topic');
      return known;
    }
    if (!isTopic(topic)) throw new ProtocolFault(REASON.topicInvalid, 'topic');
    if (alias !== undefined) this.#aliases.set(alias, topic);
    return topic;
  }

  #placeOf(topic: string): TopicPlace | undefined {
    const { grant } = this.#deps.session;
    // Topics that begin with a dollar sign are the hub's own.
    if (topic.startsWith('$')) return undefined;
    const place = grant.locate(topic);
    return place && grant.mayPublish(place) ? place : undefined;
  }

  /** What the client may have in flight (MQTT 5 section 3.3.4); 3.x has no such number. */
  #checkWindow(): void {
    const { session, link } = this.#deps;
    const unreleased = session.received.size + this.#storing.size;
    const isOver = link.isVersion5
      ? this.#pending + session.received.size >= MQTT_LIMITS.receiveMaximum
      : unreleased >= MQTT_LIMITS.unreleased;
    if (isOver) throw new ProtocolFault(REASON.receiveMaximumExceeded, 'too many in flight');
  }

  #store(packet: IPublishPacket, place: TopicPlace, draft: MessageDraft): void {
    const { session, link, answers, broker, relieved } = this.#deps;
    const { qos, messageId = 0 } = packet;
    const bytes = draft.payload.length;
    const answer = qos > 0 ? answers.expect() : undefined;
    this.#pending += 1;
    this.#pendingBytes += bytes;
    if (qos === 2) this.#storing.add(messageId);
    const done = (): void => {
      this.#pending -= 1;
      this.#pendingBytes -= bytes;
      this.#storing.delete(messageId);
    };
    const packetId = qos === 2 ? messageId : undefined;
    broker.publish(session, { site: place.site, draft, packetId }).then(
      () => {
        done();
        answer?.(link.confirmation(qos === 2 ? 'pubrec' : 'puback', messageId));
        relieved();
      },
      (error: unknown) => {
        done();
        const isQuota = error instanceof AppError && QUOTA.has(error.code);
        const code = isQuota ? REASON.quotaExceeded : REASON.unspecified;
        this.#failed(packet, { code }, answer);
        relieved();
      },
    );
  }

  #draftOf(packet: IPublishPacket, { topic }: TopicPlace): MessageDraft {
    const { session, clock } = this.#deps;
    const { qos, retain, payload, properties = {}, messageId: id = 0, dup: isDuplicate } = packet;
    const expiry = properties.messageExpiryInterval;
    return {
      topic,
      // A copy: a view would keep all that was read with it.
      payload: Buffer.from(payload),
      qos,
      isRetained: retain,
      properties: fromPacketProperties(properties, session.grant),
      expiresAtMs: expiry === undefined ? null : clock.nowMs() + expiry * 1_000,
      author: session.author,
      sessionKey: session.key,
      ...(qos === 1 ? { packet: { id, isDuplicate } } : {}),
    };
  }

  #refuse(packet: IPublishPacket, reason: ReasonCode, why: string): void {
    const answer = packet.qos > 0 ? this.#deps.answers.expect() : undefined;
    this.#failed(packet, { code: reason, text: why }, answer);
  }

  /**
   * MQTT 5 has a reason for it. Before 5 the connection ends, since an acknowledgement would claim
   * success.
   */
  #failed(
    { qos, messageId = 0 }: IPublishPacket,
    { code, text: why }: { readonly code: ReasonCode; readonly text?: string },
    answer: ((bytes: Buffer) => void) | undefined,
  ): void {
    const { link, wantsReasons } = this.#deps;
    if (!link.isVersion5) link.cut();
    const text = wantsReasons ? why : undefined;
    answer?.(link.confirmation(qos === 2 ? 'pubrec' : 'puback', messageId, { code, text }));
  }
}
