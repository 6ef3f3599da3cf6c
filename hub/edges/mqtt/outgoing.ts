import { generate, type IPublishPacket } from 'mqtt-packet';
import type { OutgoingPublish } from '../../domain/mqtt/delivery.ts';
import { ownName, toPacketProperties } from './message-properties.ts';

export interface OutgoingOptions {
  readonly isVersion5: boolean;
  readonly maxPacketBytes: number;
  /** That the client accepts. */
  readonly topicAliases: number;
}

/** Makes the PUBLISH packets for one client. */
export class Outgoing {
  readonly #options: OutgoingOptions;
  readonly #aliases = new Map<string, number>();

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** @returns undefined for a packet larger than the client accepts. */
  packet({ delivery, packetId, isDuplicate }: OutgoingPublish, nowMs: number): Buffer | undefined {
    const { message, prefix, qos, retain } = delivery;
    const { isVersion5, maxPacketBytes } = this.#options;
    const topic = ownName(`site/${message.site}/${message.topic}`, prefix);
    const packet: IPublishPacket = {
      cmd: 'publish',
      topic,
      payload: message.payload,
      ...{ qos, retain, dup: isDuplicate },
      ...(qos === 0 ? {} : { messageId: packetId }),
    };
    if (!isVersion5) return generate(packet, { protocolVersion: 4 });
    const properties = {
      ...toPacketProperties(message.properties, prefix),
      ...expiry(message.expiresAtMs, nowMs),
      ...(delivery.identifiers.length === 0
        ? {}
        : { subscriptionIdentifier: [...delivery.identifiers] }),
    };
    const known = this.#aliases.get(topic);
    const alias = known ?? this.#newAlias();
    const bytes = generate(
      {
        ...packet,
        ...(known === undefined ? {} : { topic: '' }),
        properties: { ...properties, ...(alias === undefined ? {} : { topicAlias: alias }) },
      },
      { protocolVersion: 5 },
    );
    if (bytes.length > maxPacketBytes) return undefined;
    // Only what was sent is known to the client.
    if (alias !== undefined) this.#aliases.set(topic, alias);
    return bytes;
  }

  #newAlias(): number | undefined {
    const next = this.#aliases.size + 1;
    return next <= this.#options.topicAliases ? next : undefined;
  }
}

function expiry(
  expiresAtMs: number | null,
  nowMs: number,
): { readonly messageExpiryInterval?: number } {
  if (expiresAtMs === null) return {};
  return { messageExpiryInterval: Math.max(1, Math.ceil((expiresAtMs - nowMs) / 1_000)) };
}
