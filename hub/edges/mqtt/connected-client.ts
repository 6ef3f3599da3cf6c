import type { IDisconnectPacket, Packet } from 'mqtt-packet';
import type { Clock } from '#platform/clock.ts';
import type { Broker } from '../../domain/mqtt/broker.ts';
import type { LiveSession } from '../../domain/mqtt/live-session.ts';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import type { RetainedMessages } from '../../domain/mqtt/retained-messages.ts';
import type { SubscriptionService } from '../../domain/mqtt/subscription-service.ts';
import type { ClientLink } from './client-link.ts';
import type { ConnectRequest } from './connect-request.ts';
import { OrderedAnswers } from './ordered-answers.ts';
import { PublishIntake } from './publish-intake.ts';
import { ProtocolFault, REASON, type ReasonCode } from './reason-codes.ts';
import { SubscribeIntake } from './subscribe-intake.ts';

export interface ConnectedClientDeps {
  readonly session: LiveSession;
  readonly request: ConnectRequest;
  readonly willDelayMs: number;
  readonly link: ClientLink;
  readonly broker: Broker;
  readonly subscriptions: SubscriptionService;
  readonly retained: RetainedMessages;
  readonly clock: Clock;
  readonly relieved: () => void;
}

/** Codes of PUBACK and PUBREC from here on are errors. */
const ERRORS_FROM = 0x80;
const WITH_WILL = 0x04;

/** An admitted client: dispatches each packet that it may send. */
export class ConnectedClient {
  readonly #deps: ConnectedClientDeps;
  readonly #publishes: PublishIntake;
  readonly #subscribes: SubscribeIntake;
  readonly #answers: OrderedAnswers;
  #expiryMs: number;
  /** Null: it disconnected in good order, and its will is void. */
  #willDelayMs: number | null;

  constructor(deps: ConnectedClientDeps) {
    const { session, link, broker, subscriptions, clock, request, relieved } = deps;
    this.#deps = deps;
    this.#answers = new OrderedAnswers((bytes) => link.write(bytes));
    const answers = this.#answers;
    const { wantsReasons } = request;
    this.#publishes = new PublishIntake({
      ...{ session, link, answers, broker, clock, wantsReasons, relieved },
    });
    this.#subscribes = new SubscribeIntake({
      session,
      link,
      subscriptions,
      retained: deps.retained,
    });
    this.#expiryMs = request.expiryMs;
    this.#willDelayMs = deps.willDelayMs;
  }

  get session(): LiveSession {
    return this.#deps.session;
  }

  /** How the connection ends, if it ends now. */
  get ending(): { readonly expiryMs: number; readonly willDelayMs: number | null } {
    return { expiryMs: this.#expiryMs, willDelayMs: this.#willDelayMs };
  }

  /** So much waits that the client is not read further. */
  get isFull(): boolean {
    return this.#publishes.isFull || this.#answers.size >= MQTT_LIMITS.unreleased;
  }

  /** @throws ProtocolFault */
  async handle(packet: Packet): Promise<void> {
    const { session, link } = this.#deps;
    switch (packet.cmd) {
      case 'publish':
        this.#publishes.publish(packet);
        break;
      case 'puback':
        session.queue.acknowledged(idOf(packet), (packet.reasonCode ?? 0) >= ERRORS_FROM);
        break;
      case 'pubrec':
        this.#received(idOf(packet), packet.reasonCode ?? 0);
        break;
      case 'pubrel':
        this.#publishes.release(idOf(packet));
        break;
      case 'pubcomp':
        session.queue.completed(idOf(packet));
        break;
      case 'subscribe':
        await this.#subscribes.subscribe(packet);
        break;
      case 'unsubscribe':
        await this.#subscribes.unsubscribe(packet);
        break;
      case 'pingreq':
        link.send({ cmd: 'pingresp' });
        break;
      case 'disconnect':
        this.#disconnect(packet);
        break;
      default:
        throw new ProtocolFault(REASON.protocolError, `unexpected ${packet.cmd}`);
    }
  }

  #received(packetId: number, code: number): void {
    const { session, broker, link } = this.#deps;
    if (code >= ERRORS_FROM) {
      session.queue.refused(packetId);
      return;
    }
    const answer = this.#answers.expect();
    broker.received(session, packetId).then(
      (isKnown) => {
        const reason: ReasonCode = isKnown ? REASON.success : REASON.packetIdNotFound;
        answer(link.confirmation('pubrel', packetId, { code: reason }));
      },
      () => link.cut(),
    );
  }

  #disconnect({ reasonCode = 0, properties }: IDisconnectPacket): void {
    const seconds = properties?.sessionExpiryInterval;
    if (seconds !== undefined) {
      if (this.#expiryMs === 0 && seconds > 0) {
        throw new ProtocolFault(REASON.protocolError, 'a session that was to end here');
      }
      this.#expiryMs = Math.min(seconds * 1_000, MQTT_LIMITS.sessionExpiryMs);
    }
    if (reasonCode !== WITH_WILL) this.#willDelayMs = null;
    this.#deps.link.close();
  }
}

function idOf({ messageId }: Packet): number {
  if (messageId === undefined || messageId <= 0) {
    throw new ProtocolFault(REASON.protocolError, 'packet id 0');
  }
  return messageId;
}
