import type { IConnackPacket } from 'mqtt-packet';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import type { ConnectRequest } from './connect-request.ts';
import { connackBefore5, REASON, type ReasonCode } from './reason-codes.ts';

/** The CONNACK of a client that is in: to MQTT 5 with what it may do and what was changed. */
export function acceptance(request: ConnectRequest, isPresent: boolean): IConnackPacket {
  if (request.version !== '5') {
    return {
      cmd: 'connack',
      returnCode: 0,
      // The bit is reserved in 3.1.
      sessionPresent: isPresent && request.version !== '3.1',
    };
  }
  return {
    cmd: 'connack',
    reasonCode: REASON.success,
    sessionPresent: isPresent,
    properties: {
      receiveMaximum: MQTT_LIMITS.receiveMaximum,
      maximumPacketSize: MQTT_LIMITS.packetBytes,
      topicAliasMaximum: MQTT_LIMITS.topicAliases,
      ...(request.isAssigned ? { assignedClientIdentifier: request.clientId } : {}),
      ...(request.isExpiryOurs ? { sessionExpiryInterval: request.expiryMs / 1_000 } : {}),
      ...(request.isKeepAliveOurs ? { serverKeepAlive: request.keepAliveSeconds } : {}),
    },
  };
}

/** The CONNACK of a client that is refused. */
export function refusal(reason: ReasonCode, isVersion5: boolean): IConnackPacket {
  const code = isVersion5 ? { reasonCode: reason } : { returnCode: connackBefore5(reason) };
  return { cmd: 'connack', sessionPresent: false, ...code };
}
