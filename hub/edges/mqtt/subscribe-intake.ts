import type { ISubscribePacket, ISubscription, IUnsubscribePacket } from 'mqtt-packet';
import type { LiveSession } from '../../domain/mqtt/live-session.ts';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import type { RetainedMessages } from '../../domain/mqtt/retained-messages.ts';
import type {
  RetainHandling,
  SubscriptionRequest,
  SubscriptionService,
} from '../../domain/mqtt/subscription-service.ts';
import { parseSubscription } from '../../domain/mqtt/topic-names.ts';
import type { ClientLink } from './client-link.ts';
import { ProtocolFault, REASON, type ReasonCode } from './reason-codes.ts';

export interface SubscribeIntakeDeps {
  readonly session: LiveSession;
  readonly link: ClientLink;
  readonly subscriptions: SubscriptionService;
  readonly retained: Pick<RetainedMessages, 'sendAll'>;
}

const HANDLING: readonly RetainHandling[] = ['always', 'if_new', 'never'];
/** The only refusal of 3.x. */
const FAILURE = 0x80;

/** SUBSCRIBE and UNSUBSCRIBE of one client: each filter is decided by itself. */
export class SubscribeIntake {
  readonly #deps: SubscribeIntakeDeps;

  constructor(deps: SubscribeIntakeDeps) {
    this.#deps = deps;
  }

  /** @throws ProtocolFault */
  async subscribe(packet: ISubscribePacket): Promise<void> {
    const { session, link, subscriptions, retained } = this.#deps;
    const messageId = checkedId(packet.messageId, packet.subscriptions.length);
    const identifier = identifierOf(packet);
    const verdicts = packet.subscriptions.map((one) => this.#verdict(one, identifier));
    const requests = this.#withinBounds(verdicts);
    const granted = requests.map((one) => (typeof one === 'number' ? one : one.subscription.qos));
    const accepted = requests.flatMap((one) => (typeof one === 'number' ? [] : [one]));
    let withRetained;
    try {
      withRetained = await subscriptions.subscribe(session, accepted);
    } catch {
      this.#suback(
        messageId,
        granted.map(() => REASON.unspecified),
      );
      return;
    }
    if (!withRetained) {
      link.end(REASON.takenOver);
      return;
    }
    this.#suback(messageId, granted);
    // Not awaited: it ends with the connection.
    retained.sendAll(session, withRetained).catch(() => link.end(REASON.unspecified));
  }

  /** @throws ProtocolFault */
  async unsubscribe(packet: IUnsubscribePacket): Promise<void> {
    const { session, link, subscriptions } = this.#deps;
    const messageId = checkedId(packet.messageId, packet.unsubscriptions.length);
    const known = await subscriptions.unsubscribe(session, packet.unsubscriptions);
    if (!known) {
      link.end(REASON.takenOver);
      return;
    }
    const granted = known.map((was) => (was ? REASON.success : REASON.noSubscription));
    link.send({ cmd: 'unsuback', messageId, granted });
  }

  #suback(messageId: number, granted: readonly number[]): void {
    const { link } = this.#deps;
    const codes = granted.map((code) => (link.isVersion5 || code < FAILURE ? code : FAILURE));
    link.send({ cmd: 'suback', messageId, granted: codes });
  }

  #verdict(one: ISubscription, identifier: number): SubscriptionRequest | ReasonCode {
    const { session } = this.#deps;
    const named = parseSubscription(one.topic);
    if (!named) return one.topic.startsWith('$') ? REASON.notAuthorized : REASON.filterInvalid;
    if (named.share !== null && one.nl === true) {
      throw new ProtocolFault(REASON.protocolError, 'no-local of a shared subscription');
    }
    const place = session.grant.locate(named.filter);
    if (!place || !session.grant.maySubscribe(place)) return REASON.notAuthorized;
    return {
      subscription: {
        sessionKey: session.key,
        name: one.topic,
        site: place.site,
        topic: place.topic,
        prefix: place.prefix,
        share: named.share,
        qos: one.qos,
        noLocal: one.nl ?? false,
        retainAsPublished: one.rap ?? false,
        identifier,
      },
      retainHandling: HANDLING[one.rh ?? 0] ?? 'always',
    };
  }

  #withinBounds(
    verdicts: readonly (SubscriptionRequest | ReasonCode)[],
  ): (SubscriptionRequest | ReasonCode)[] {
    const names = new Set(this.#deps.session.subscriptions.keys());
    return verdicts.map((one) => {
      if (typeof one === 'number') return one;
      const { name } = one.subscription;
      const isFull = names.size >= MQTT_LIMITS.subscriptionsPerSession;
      if (isFull && !names.has(name)) return REASON.quotaExceeded;
      names.add(name);
      return one;
    });
  }
}

function checkedId(messageId: number | undefined, filters: number): number {
  if (messageId === undefined || messageId <= 0) {
    throw new ProtocolFault(REASON.protocolError, 'packet id 0');
  }
  if (filters === 0) throw new ProtocolFault(REASON.protocolError, 'no filter');
  if (filters > MQTT_LIMITS.filtersPerPacket) {
    throw new ProtocolFault(REASON.quotaExceeded, 'too many filters');
  }
  return messageId;
}

/** 0: none. */
function identifierOf({ properties }: ISubscribePacket): number {
  const identifier: unknown = properties?.subscriptionIdentifier;
  if (identifier === undefined) return 0;
  if (typeof identifier !== 'number' || identifier === 0) {
    throw new ProtocolFault(REASON.protocolError, 'subscription identifier');
  }
  return identifier;
}
