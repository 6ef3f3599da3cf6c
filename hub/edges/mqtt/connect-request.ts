import { type Will } from '../../kernel/mqtt-message.ts';
import { randomUUID } from 'node:crypto';
import type { IConnectPacket } from 'mqtt-packet';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import { isTopic } from '../../domain/mqtt/topic-names.ts';
import type { MqttVersion } from '../../kernel/mqtt-authenticator.ts';
import type { TopicGrant } from '../../kernel/topic-rights.ts';
import { fromPacketProperties } from './message-properties.ts';
import { ProtocolFault, REASON } from './reason-codes.ts';

/** A parsed CONNECT, with the hub's bounds applied. */
export interface ConnectRequest {
  readonly version: MqttVersion;
  readonly clientId: string;
  /** The client named none. */
  readonly isAssigned: boolean;
  readonly isCleanStart: boolean;
  /** 0: the session ends with its connection. */
  readonly expiryMs: number;
  /** The client requested another one. */
  readonly isExpiryOurs: boolean;
  /** 0: none. */
  readonly keepAliveSeconds: number;
  readonly isKeepAliveOurs: boolean;
  readonly window: number;
  /** Largest packet that the client accepts; Infinity: any. */
  readonly maxPacketBytes: number;
  readonly topicAliases: number;
  readonly wantsReasons: boolean;
  readonly userName: string | undefined;
  readonly password: Buffer | undefined;
}

const NEVER = 0xffff_ffff;
const UNREADABLE = /[\0\uFFFD]/;

/** @throws ProtocolFault with the reason of the refusal */
export function readConnect(packet: IConnectPacket): ConnectRequest {
  const version = versionOf(packet);
  const { clean = false, properties = {} } = packet;
  if (properties.authenticationMethod !== undefined) {
    throw new ProtocolFault(REASON.badAuthenticationMethod, 'no extended authentication');
  }
  const clientId = clientIdOf(packet, version);
  const wantedMs =
    version === '5'
      ? secondsMs(properties.sessionExpiryInterval ?? 0)
      : clean
        ? 0
        : MQTT_LIMITS.sessionExpiryMs;
  const expiryMs = Math.min(wantedMs, MQTT_LIMITS.sessionExpiryMs);
  const { keepAliveSeconds } = MQTT_LIMITS;
  const wantedKeepAlive = packet.keepalive ?? 0;
  const isKeepAliveOurs =
    version === '5' && (wantedKeepAlive === 0 || wantedKeepAlive > keepAliveSeconds);
  const { receiveMaximum, maximumPacketSize } = properties;
  if (receiveMaximum === 0 || maximumPacketSize === 0) {
    throw new ProtocolFault(REASON.protocolError, 'a maximum is zero');
  }
  const inFlight = version === '5' ? MQTT_LIMITS.inFlight : MQTT_LIMITS.inFlightBefore5;
  return {
    version,
    clientId: clientId === '' ? randomUUID() : clientId,
    isAssigned: clientId === '',
    isCleanStart: clean,
    expiryMs,
    isExpiryOurs: expiryMs !== wantedMs,
    keepAliveSeconds: isKeepAliveOurs ? keepAliveSeconds : wantedKeepAlive,
    isKeepAliveOurs,
    window: Math.min(receiveMaximum ?? inFlight, inFlight),
    maxPacketBytes: maximumPacketSize ?? Infinity,
    topicAliases: Math.min(properties.topicAliasMaximum ?? 0, MQTT_LIMITS.topicAliases),
    wantsReasons: properties.requestProblemInformation ?? true,
    userName: packet.username,
    password: packet.password,
  };
}

function versionOf({ protocolId, protocolVersion }: IConnectPacket): MqttVersion {
  if (protocolId === 'MQIsdp' && protocolVersion === 3) return '3.1';
  if (protocolId === 'MQTT' && protocolVersion === 4) return '3.1.1';
  if (protocolId === 'MQTT' && protocolVersion === 5) return '5';
  throw new ProtocolFault(REASON.versionNotSupported, 'unknown version');
}

function clientIdOf(packet: IConnectPacket, version: MqttVersion): string {
  const { clientId, clean = false } = packet;
  const mayBeEmpty = version === '5' || (version === '3.1.1' && clean);
  const isWrong =
    (clientId === '' && !mayBeEmpty) ||
    clientId.length > MQTT_LIMITS.clientIdChars ||
    UNREADABLE.test(clientId);
  if (isWrong) throw new ProtocolFault(REASON.clientIdInvalid, 'client id not accepted');
  return clientId;
}

function secondsMs(seconds: number): number {
  return seconds === NEVER ? Infinity : seconds * 1_000;
}

export interface ReadWill {
  readonly will: Will | null;
  readonly delayMs: number;
}

/** @throws ProtocolFault when there is a will that this client may not have */
export function readWill(packet: IConnectPacket, grant: TopicGrant, author: string): ReadWill {
  const { will } = packet;
  if (!will) return { will: null, delayMs: 0 };
  const { topic, payload, qos = 0, retain = false, properties = {} } = will;
  if (!isTopic(topic)) throw new ProtocolFault(REASON.topicInvalid, 'topic of the will');
  const place = grant.locate(topic);
  if (!place || !grant.mayPublish(place)) {
    throw new ProtocolFault(REASON.notAuthorized, 'topic of the will');
  }
  const expiry = properties.messageExpiryInterval;
  return {
    will: {
      site: place.site,
      topic: place.topic,
      payload: Buffer.from(payload).toString('base64'),
      qos,
      isRetained: retain,
      properties: fromPacketProperties(properties, grant),
      expiresInMs: expiry === undefined ? null : expiry * 1_000,
      author,
    },
    delayMs: Math.min((properties.willDelayInterval ?? 0) * 1_000, MQTT_LIMITS.sessionExpiryMs),
  };
}
