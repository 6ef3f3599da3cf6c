import type { Duplex } from 'node:stream';
import type { IConnectPacket, Packet } from 'mqtt-packet';
import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { Broker } from '../../domain/mqtt/broker.ts';
import type { OutgoingPublish } from '../../domain/mqtt/delivery.ts';
import type { SessionEnd } from '../../domain/mqtt/live-session.ts';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import { HUB_GRACE_MS } from '../../domain/mqtt/session-holder.ts';
import type { RetainedMessages } from '../../domain/mqtt/retained-messages.ts';
import type { SessionService } from '../../domain/mqtt/session-service.ts';
import type { SubscriptionService } from '../../domain/mqtt/subscription-service.ts';
import { ClientLink } from './client-link.ts';
import type { Admitted, ClientAdmission, ClientFacts } from './client-admission.ts';
import { acceptance, refusal } from './connack.ts';
import { type ConnectRequest, readConnect, readWill } from './connect-request.ts';
import { ConnectedClient } from './connected-client.ts';
import { Outgoing } from './outgoing.ts';
import { PacketReader } from './packet-reader.ts';
import { ProtocolFault, REASON, type ReasonCode } from './reason-codes.ts';

export interface MqttConnectionDeps {
  readonly stream: Duplex;
  readonly facts: ClientFacts;
  readonly admission: ClientAdmission;
  readonly sessions: SessionService;
  readonly subscriptions: SubscriptionService;
  readonly retained: RetainedMessages;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly log: Logger;
  /** There are other hubs: clients of one that stops find another. */
  readonly isShared: boolean;
  readonly closed: () => void;
}

/** One client's connection, from its first byte to its last. */
export class MqttConnection {
  readonly #deps: MqttConnectionDeps;
  readonly #link: ClientLink;
  readonly #reader: PacketReader;
  #packets: Packet[] = [];
  #isHandling = false;
  #isClosed = false;
  #cancelConnectTimer: CancelTimer | undefined;
  #cancelDestroy: CancelTimer | undefined;
  #client: ConnectedClient | undefined;
  #outgoing: Outgoing | undefined;
  #keepAliveMs = 0;
  #endsAtMs = Infinity;
  #heardAtMs: number;
  /** Bytes that waited at the last look, and when some of them last left. */
  #written = { waiting: 0, sinceMs: 0 };
  #endedAtMs: number | undefined;
  #endedBy: 'client' | 'hub' = 'client';

  constructor(deps: MqttConnectionDeps) {
    this.#deps = deps;
    this.#link = new ClientLink(deps.stream);
    this.#heardAtMs = deps.clock.monotonicMs();
    this.#reader = new PacketReader({
      maxBytes: MQTT_LIMITS.packetBytes,
      maxConnectBytes: MQTT_LIMITS.connectPacketBytes,
      packet: (packet) => this.#packets.push(packet),
    });
  }

  start(): void {
    const { stream, clock } = this.#deps;
    this.#cancelConnectTimer = clock.after(MQTT_LIMITS.connectMs, () => this.#link.cut());
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('drain', () => this.#client?.session.queue.pump());
    stream.on('end', () => this.#link.close());
    stream.on('error', () => this.#link.cut());
    stream.on('close', () => void this.#close());
  }

  /** Called once a second. */
  look(nowMs: number): void {
    if (this.#link.isEnded) {
      this.#endedAtMs ??= nowMs;
      // A client that does not close its side has no more time than one that reads nothing.
      if (nowMs - this.#endedAtMs >= CLOSING_MS) this.#deps.stream.destroy();
      return;
    }
    if (!this.#client) return;
    const waiting = this.#link.waitingBytes;
    if (waiting === 0 || waiting < this.#written.waiting) this.#written.sinceMs = nowMs;
    this.#written.waiting = waiting;
    if (nowMs - this.#written.sinceMs >= MQTT_LIMITS.writeMs) this.#link.cut();
    const silentMs = nowMs - this.#heardAtMs;
    if (this.#keepAliveMs > 0 && silentMs > this.#keepAliveMs * 1.5 && !this.#isHandling) {
      this.#end(REASON.keepAliveTimeout, 'client');
    }
    if (this.#deps.clock.nowMs() >= this.#endsAtMs) this.#end(REASON.notAuthorized, 'client');
  }

  /** The hub stops: the client comes back, here or elsewhere. */
  leave(): void {
    const { isShared } = this.#deps;
    this.#end(isShared ? REASON.useAnotherServer : REASON.shuttingDown, 'hub');
  }

  #end(reason: ReasonCode, by: 'client' | 'hub'): void {
    this.#endedBy = by;
    if (this.#client) this.#link.end(reason);
    else this.#link.cut();
    // A client that does not read the reason does not keep its connection by that.
    this.#destroyLater();
  }

  #read(chunk: Buffer): void {
    if (this.#link.isEnded) return;
    this.#heardAtMs = this.#deps.clock.monotonicMs();
    try {
      this.#reader.read(chunk);
    } catch (error) {
      void this.#handleAll().then(() => this.#fault(error));
      return;
    }
    if (!this.#isHandling) void this.#handleAll();
  }

  /** One after the other: what comes meanwhile waits in the socket. */
  async #handleAll(): Promise<void> {
    if (this.#isHandling) return;
    const { stream } = this.#deps;
    this.#isHandling = true;
    try {
      while (this.#packets.length > 0 && !this.#link.isEnded) {
        const packets = this.#packets;
        this.#packets = [];
        for (const packet of packets) {
          if (this.#isOver()) break;
          if (!stream.isPaused() && this.#mustWait(packet)) stream.pause();
          if (this.#client) await this.#client.handle(packet);
          else await this.#connect(packet);
        }
      }
    } catch (error) {
      this.#fault(error);
    } finally {
      this.#isHandling = false;
    }
    this.#relieved();
  }

  /** A function, so that it is read again after each packet, which may have ended the link. */
  #isOver(): boolean {
    return this.#link.isEnded;
  }

  #mustWait({ cmd }: Packet): boolean {
    return WAITED_FOR.has(cmd) || this.#client?.isFull === true;
  }

  readonly #relieved = (): void => {
    const { stream } = this.#deps;
    // What comes on an ended link is read and discarded, up to its end.
    const mustWait = this.#isHandling || this.#client?.isFull === true;
    if (stream.isPaused() && (this.#link.isEnded || !mustWait)) stream.resume();
  };

  async #connect(packet: Packet): Promise<void> {
    if (packet.cmd !== 'connect') throw new ProtocolFault(REASON.protocolError, 'no CONNECT');
    // A refusal has the form of its version, too.
    if (packet.protocolVersion === 5) this.#link.version = '5';
    const request = readConnect(packet);
    this.#link.version = request.version;
    const verdict = await this.#deps.admission.admit(this.#deps.facts, request);
    if (!verdict.ok) throw new ProtocolFault(verdict.reason, 'not admitted');
    if (this.#isClosed) return;
    await this.#begin(packet, request, verdict);
  }

  async #begin(packet: IConnectPacket, request: ConnectRequest, admitted: Admitted): Promise<void> {
    const { sessions, subscriptions, retained, broker, clock } = this.#deps;
    const { principal, grant, name } = admitted;
    const { will, delayMs } = readWill(packet, grant, admitted.author);
    this.#outgoing = new Outgoing({ ...request, isVersion5: request.version === '5' });
    const { session, isPresent } = await sessions.start({
      ...{ name, principal, grant, will, willDelayMs: delayMs },
      ...{ isCleanStart: request.isCleanStart, expiryMs: request.expiryMs },
      window: request.window,
      sink: {
        isReady: () => this.#link.isReady,
        publish: (publish) => this.#publish(publish),
        release: (packetId) => this.#link.write(this.#link.confirmation('pubrel', packetId)),
      },
      end: (why) => this.#endFor(why),
    });
    this.#client = new ConnectedClient({
      ...{ session, request, willDelayMs: delayMs, link: this.#link, broker },
      ...{ subscriptions, retained, clock, relieved: this.#relieved },
    });
    if (this.#isClosed) {
      await this.#endSession();
      return;
    }
    this.#cancelConnectTimer?.();
    this.#keepAliveMs = request.keepAliveSeconds * 1_000;
    this.#endsAtMs = admitted.endsAtMs;
    this.#written.sinceMs = clock.monotonicMs();
    if (this.#link.isEnded) return;
    this.#link.send(acceptance(request, isPresent));
    session.queue.resume();
    if (!isPresent || !session.isPersistent) return;
    retained.resume(session).catch(() => this.#link.end(REASON.unspecified));
  }

  #endFor(why: SessionEnd): void {
    switch (why) {
      case 'taken_over':
        this.#end(REASON.takenOver, 'client');
        break;
      case 'revoked':
        this.#end(REASON.administrative, 'client');
        break;
      case 'hub_leaves':
        this.leave();
        break;
      default:
        why satisfies never;
    }
  }

  #publish(publish: OutgoingPublish): boolean {
    const bytes = this.#outgoing?.packet(publish, this.#deps.clock.nowMs());
    if (!bytes) return false;
    this.#link.write(bytes);
    return true;
  }

  #fault(error: unknown): void {
    const { log, facts } = this.#deps;
    const isFault = error instanceof ProtocolFault;
    const reason = isFault ? error.reason : REASON.unavailable;
    if (isFault)
      log.debug({ address: facts.address, reason, why: error.message }, 'client refused');
    else log.warn({ err: error, address: facts.address }, 'client not served');
    if (this.#client) this.#link.end(reason);
    else this.#refuse(reason);
    this.#destroyLater();
  }

  #destroyLater(): void {
    const { clock, stream } = this.#deps;
    this.#cancelDestroy ??= clock.after(CLOSING_MS, () => stream.destroy());
  }

  /** Answers a CONNECT. Anything else gets no answer. */
  #refuse(reason: ReasonCode): void {
    if (reason === REASON.malformed || reason === REASON.packetTooLarge) {
      this.#link.cut();
      return;
    }
    if (reason !== REASON.protocolError) this.#link.send(refusal(reason, this.#link.isVersion5));
    this.#link.close();
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#link.cut();
    this.#cancelConnectTimer?.();
    this.#cancelDestroy?.();
    this.#packets = [];
    await this.#endSession();
    this.#deps.closed();
  }

  async #endSession(): Promise<void> {
    if (!this.#client) return;
    const { session, ending } = this.#client;
    session.queue.close();
    const graceMs = this.#endedBy === 'hub' ? HUB_GRACE_MS : 0;
    try {
      await this.#deps.sessions.end(session, { ...ending, graceMs });
    } catch (error) {
      // The other hubs end it when the lease of this one lapses.
      this.#deps.log.warn({ err: error }, 'end of session not stored');
    }
  }
}

/** Nothing else is read until these have been answered. */
const WAITED_FOR: ReadonlySet<Packet['cmd']> = new Set(['connect', 'subscribe', 'unsubscribe']);
/** How long the client has to read why its connection ends. */
const CLOSING_MS = 2_000;
