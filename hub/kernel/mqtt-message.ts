import { z } from 'zod';
import { SiteId } from '#protocol/ids.ts';

const UserProperties = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
/** Of MQTT 5: what is handed on with a message as it came. */
export const MessageProperties = z.object({
  payloadFormatIndicator: z.boolean().optional(),
  contentType: z.string().optional(),
  /** A whole name: `site/<id>/<topic>`. */
  responseTopic: z.string().optional(),
  /** Base64. */
  correlationData: z.string().optional(),
  userProperties: UserProperties.optional(),
});
export type MessageProperties = z.infer<typeof MessageProperties>;

export const QOS = { atMostOnce: 0, atLeastOnce: 1, exactlyOnce: 2 } as const;
export type Qos = (typeof QOS)[keyof typeof QOS];

/** Of the commands that the hub itself sends to a device. */
export const HUB_AUTHOR = 'hub';

/** A message to be published. */
export interface MessageDraft {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly isRetained: boolean;
  readonly properties: MessageProperties | null;
  readonly expiresAtMs: number | null;
  /** In one word: who publishes it. */
  readonly author: string;
  /** The session that publishes it; null: the hub itself. */
  readonly sessionKey: number | null;
  /** Of QoS 1: the packet that it came in, which a client may send again. */
  readonly packet?: { readonly id: number; readonly isDuplicate: boolean };
}

/** What the hub publishes in the name of a client that is gone. */
export const Will = z.object({
  site: SiteId,
  topic: z.string(),
  /** Base64. */
  payload: z.string(),
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  isRetained: z.boolean(),
  properties: MessageProperties.nullable(),
  expiresInMs: z.number().nullable(),
  author: z.string(),
});
export type Will = z.infer<typeof Will>;

export interface SessionName {
  readonly identity: string;
  readonly clientId: string;
}
