import { type MessageProperties } from '../../kernel/mqtt-message.ts';
import type { IPublishPacket } from 'mqtt-packet';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import { isTopic } from '../../domain/mqtt/topic-names.ts';
import type { TopicGrant } from '../../kernel/topic-rights.ts';
import { ProtocolFault, REASON } from './reason-codes.ts';

type PacketProperties = Pick<
  NonNullable<IPublishPacket['properties']>,
  'payloadFormatIndicator' | 'contentType' | 'responseTopic' | 'correlationData' | 'userProperties'
>;

/**
 * The properties that are delivered with a message. The client itself must be allowed to receive
 * at its response topic: whoever answers may have more rights, which the client must not borrow.
 *
 * @throws ProtocolFault
 */
export function fromPacketProperties(
  properties: PacketProperties,
  grant: TopicGrant,
): MessageProperties | null {
  const values: readonly unknown[] = Object.values(properties);
  // The codec returns null for a text or bytes that end too early.
  if (values.includes(null)) throw new ProtocolFault(REASON.malformed, 'a property ends early');
  const { payloadFormatIndicator, contentType, correlationData, userProperties } = properties;
  const responseTopic = wholeName(properties.responseTopic, grant);
  const kept: MessageProperties = {
    ...(payloadFormatIndicator === undefined ? {} : { payloadFormatIndicator }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined
      ? {}
      : { correlationData: correlationData.toString('base64') }),
    ...(userProperties === undefined ? {} : { userProperties }),
  };
  const text = JSON.stringify(kept);
  if (text === '{}') return null;
  if (text.length > MQTT_LIMITS.propertiesBytes) {
    throw new ProtocolFault(REASON.quotaExceeded, 'properties too large');
  }
  if (text.includes('\\u0000')) throw new ProtocolFault(REASON.malformed, 'NUL in a text');
  return kept;
}

function wholeName(topic: string | undefined, grant: TopicGrant): string | undefined {
  if (topic === undefined) return undefined;
  if (!isTopic(topic)) throw new ProtocolFault(REASON.protocolError, 'response topic');
  const place = grant.locate(topic);
  if (!place || !grant.mayReceive(place)) {
    throw new ProtocolFault(REASON.notAuthorized, 'response topic');
  }
  return `site/${place.site}/${place.topic}`;
}

/** With topics as the receiving client names them. */
export function toPacketProperties(
  properties: MessageProperties | null,
  prefix: string,
): PacketProperties {
  if (!properties) return {};
  const { correlationData, responseTopic, contentType, payloadFormatIndicator, userProperties } =
    properties;
  return {
    ...(payloadFormatIndicator === undefined ? {} : { payloadFormatIndicator }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(userProperties === undefined ? {} : { userProperties }),
    ...(responseTopic === undefined ? {} : { responseTopic: ownName(responseTopic, prefix) }),
    ...(correlationData === undefined
      ? {}
      : { correlationData: Buffer.from(correlationData, 'base64') }),
  };
}

/** A whole topic without the prefix that the client omits. */
export function ownName(name: string, prefix: string): string {
  return prefix !== '' && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
