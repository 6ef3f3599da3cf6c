import type { SiteId } from '#protocol/ids.ts';
import { CommandId, type CredentialId, type DeviceId } from '#protocol/ids.ts';
import type { OutgoingPublish } from '../../domain/mqtt/delivery.ts';
import type { LiveSession } from '../../domain/mqtt/live-session.ts';
import { HUB_AUTHOR, QOS } from '../../kernel/mqtt-message.ts';
import { deviceSubject } from '../../kernel/subject.ts';
import type { DeviceHub } from './device-hub.ts';

export interface RegisteredDevice {
  readonly deviceId: DeviceId;
  readonly siteId: SiteId;
  readonly clientId: string;
  readonly credentialIds: readonly CredentialId[];
}

export interface ConnectOptions {
  readonly isCleanStart: boolean;
  readonly expiryMs: number;
  /** Under an id that the hub has made: beside a connection under its own. */
  readonly isUnnamed: boolean;
  readonly subscribes: boolean;
}

/** What a device was sent, and has not acknowledged. */
export interface Received {
  readonly id: CommandId;
  readonly packetId: number;
  readonly topic: string;
  readonly connection: ModelConnection;
}

export interface ModelConnectionDeps extends RegisteredDevice {
  readonly hub: DeviceHub;
  readonly options: ConnectOptions;
  readonly serial: number;
  readonly received: (received: Received) => void;
}

/** One connection of a device, as the listener of the broker has them. */
export class ModelConnection {
  readonly hub: DeviceHub;
  readonly #deps: ModelConnectionDeps;
  #session: LiveSession | undefined;
  /** The device has it. */
  #isOpen = true;
  /** The hub has ended it, or heard of its end. */
  #isEnded = false;
  /** The device reads nothing for a while. */
  isFrozen = false;

  constructor(deps: ModelConnectionDeps) {
    this.#deps = deps;
    this.hub = deps.hub;
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#session !== undefined && !this.hub.isDead;
  }

  /** Asked anew after each wait. */
  #isOver(): boolean {
    return !this.isOpen || this.#isEnded;
  }

  async open(): Promise<void> {
    const { hub, options, deviceId, siteId, clientId, credentialIds, serial } = this.#deps;
    const { mqttSessions, topicRights } = hub.services;
    const principal = { kind: 'device', siteId, deviceId, credentialIds } as const;
    const { session } = await mqttSessions.start({
      name: {
        identity: deviceSubject(deviceId),
        clientId: options.isUnnamed ? `made-${serial}` : clientId,
      },
      ...{ principal, grant: await topicRights.grantOf(principal) },
      ...{ isCleanStart: options.isCleanStart, expiryMs: options.expiryMs },
      ...{ will: null, willDelayMs: 0, window: 5 },
      sink: {
        isReady: () => this.#isOpen && !this.#isEnded && !this.isFrozen && !hub.isDead,
        publish: (publish) => this.#arrived(publish),
        release: () => undefined,
      },
      end: () => void this.endAtHub(),
    });
    this.#session = session;
    if (this.#isEnded) await this.#left(session);
    else session.queue.resume();
    if (options.subscribes) await this.subscribe();
  }

  async subscribe(): Promise<void> {
    const session = this.#session;
    if (!session || !this.isOpen || this.#isEnded) return;
    const place = session.grant.locate('cmnd/#');
    if (!place) throw new Error('its own topics are its own');
    const subscription = {
      ...{ sessionKey: session.key, name: 'cmnd/#', share: null, qos: QOS.atLeastOnce },
      ...{ ...place, noLocal: false, retainAsPublished: false, identifier: 0 },
    };
    const { mqttSubscriptions } = this.hub.services;
    await mqttSubscriptions.subscribe(session, [{ subscription, retainHandling: 'never' }]);
  }

  thaw(): void {
    this.isFrozen = false;
    if (!this.#isEnded) this.#session?.queue.pump();
  }

  /** Nothing arrives any more; the hub does not know. */
  cut(): void {
    this.#isOpen = false;
  }

  /** The hub learns of it, or ends it itself. */
  async endAtHub(): Promise<void> {
    this.cut();
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#session) await this.#left(this.#session);
  }

  acknowledge(packetId: number, isRefused: boolean): void {
    if (this.isOpen && !this.#isEnded) this.#session?.queue.acknowledged(packetId, isRefused);
  }

  /** @returns whether the hub has acknowledged it. */
  async publish(topic: string, payload: string, about?: CommandId): Promise<boolean> {
    const session = this.#session;
    const place = session?.grant.locate(topic);
    if (!session || !place || this.#isOver()) return false;
    const properties =
      about === undefined ? null : { correlationData: Buffer.from(about).toString('base64') };
    await this.hub.services.broker.publish(session, {
      site: place.site,
      draft: {
        ...{ topic: place.topic, payload: Buffer.from(payload), qos: QOS.atLeastOnce },
        ...{ isRetained: false, properties, expiresAtMs: null },
        ...{ author: session.author, sessionKey: session.key },
      },
      packetId: undefined,
    });
    return !this.#isOver();
  }

  async #left(session: LiveSession): Promise<void> {
    session.queue.close();
    if (this.hub.isDead) return;
    const { expiryMs } = this.#deps.options;
    await this.hub.services.mqttSessions.end(session, { expiryMs, graceMs: 0, willDelayMs: null });
  }

  #arrived({ delivery: { message }, packetId }: OutgoingPublish): boolean {
    // Its own answers come back to it.
    const data = message.properties?.correlationData;
    if (message.author !== HUB_AUTHOR || data === undefined) return true;
    const id = CommandId.parse(Buffer.from(data, 'base64').toString());
    this.#deps.received({ id, packetId, topic: message.topic, connection: this });
    return true;
  }
}
