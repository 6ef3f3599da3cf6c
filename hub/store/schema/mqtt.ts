import type { Generated } from 'kysely';
import type { HubId, SiteId } from '#protocol/ids.ts';

/** What the broker counts per site. Its row is locked by whoever publishes or subscribes there. */
export interface MqttSitesTable {
  site_id: SiteId;
  /** Of its last message: in the order in which messages are stored. */
  seq: number;
  /** Raised with each change of subscriptions that are kept. */
  subscriptions_rev: number;
  /** Messages up to this one are no longer kept, unless they wait in a queue. */
  floor: number;
}

/** Acknowledged messages, for a while, and for as long as one waits in a queue. */
export interface MqttMessagesTable {
  site_id: SiteId;
  seq: number;
  /** At whichever hub it came in. */
  hub_id: HubId;
  /** Of the session that published it; null: not known any more, or the hub itself. */
  session_key: number | null;
  /** In one word: who published it. */
  author: string;
  topic: string;
  payload: Buffer;
  qos: number;
  is_retained: number;
  /** JSON; null: none. */
  properties: string | null;
  stored_at: number;
  expires_at: number | null;
}

export interface MqttRetainedTable {
  site_id: SiteId;
  topic: string;
  seq: number;
  author: string;
  payload: Buffer;
  qos: number;
  properties: string | null;
  stored_at: number;
  expires_at: number | null;
}

/** A client with its state: of one identity, under one client id. */
export interface MqttSessionsTable {
  key: Generated<number>;
  /** Who it is, in one word. */
  identity: string;
  client_id: string;
  /** The hub that has its connection; null: not connected. */
  hub_id: HubId | null;
  /** Raised by each connection: what an earlier one still does counts for nothing. */
  generation: number;
  /** How long it is kept without a connection; 0: not at all. */
  expiry_ms: number;
  /** When it is over; null while it is connected. */
  expires_at: number | null;
  /** JSON; null: none. */
  will: string | null;
  will_delay_ms: number;
  /** When the will is published; null: not yet decided. */
  will_at: number | null;
  /** What waits in its queue. */
  queued: number;
  queued_bytes: number;
  /** Messages that its queue had no room for. */
  dropped: number;
}

export interface MqttSubscriptionsTable {
  session_key: number;
  /** As the client wrote it, with its share. */
  filter: string;
  site_id: SiteId;
  /** Within the site. */
  topic: string;
  prefix: string;
  /** The name of its share; null: not shared. */
  share: string | null;
  qos: number;
  no_local: number;
  retain_as_published: number;
  /** 0: none. */
  identifier: number;
  /**
   * Retained messages up to this topic are in the queue of the session; empty: none yet; null:
   * there is nothing left to put there.
   */
  retained_after: string | null;
}

/** A message that a session has not acknowledged. */
export interface MqttQueueTable {
  session_key: number;
  site_id: SiteId;
  seq: number;
  qos: number;
  /** The client has the message (QoS 2), and knows it by its packet id. */
  is_released: number;
  /** It may have been sent before. */
  may_be_sent: number;
  retain: number;
  prefix: string;
  /** Identifiers of the subscriptions, with commas; empty: none. */
  identifiers: string;
  bytes: number;
}

/** Packet ids of QoS 2 messages that a client has not released yet. */
export interface MqttReceivedTable {
  session_key: number;
  packet_id: number;
}
