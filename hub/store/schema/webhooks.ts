import type { Generated } from 'kysely';
import type { DeliveryId, HubId, MessageId, SiteId, UnitId, WebhookId } from '#protocol/ids.ts';
import type {
  DeliveryCode,
  DeliveryState,
  DisableReason,
  WebhookState,
} from '#protocol/webhook/webhook-state.ts';

/** Addresses that the events of a site are sent to. */
export interface WebhooksTable {
  id: WebhookId;
  site_id: SiteId;
  name: string;
  url: string;
  /** JSON: patterns of event types. */
  events: string;
  /** JSON: ids of units; null: all. */
  unit_ids: string | null;
  is_ordered: number;
  /** Sealed. */
  secret: string;
  old_secret: string | null;
  old_secret_until: number | null;
  state: WebhookState;
  reason: DisableReason | null;
  disabled_at: number | null;
  /** Events up to here are from before it. */
  from_rev: number;
  created_at: number;
  /** Since when every attempt has failed, and how many. */
  failing_since: number | null;
  failures: number;
  delivered_at: number | null;
  /** When something is due for it; null: nothing is. */
  next_at: number | null;
}

/** What is sent, once for all webhooks. */
export interface WebhookMessagesTable {
  id: MessageId;
  site_id: SiteId;
  type: string;
  unit_id: UnitId | null;
  created_at: number;
  /** As it is sent. */
  body: string;
}

/** A message for one webhook. */
export interface WebhookDeliveriesTable {
  /** The order in which they were stored. */
  key: Generated<number>;
  id: DeliveryId;
  webhook_id: WebhookId;
  message_id: MessageId;
  state: DeliveryState;
  created_at: number;
  /** When the next attempt is due, or the one in flight counts as lost; null: it has ended. */
  due_at: number | null;
  /** The hub that makes the attempt in flight. */
  hub_id: HubId | null;
  /** Attempts of the present schedule, which a replay begins anew. */
  tries: number;
  attempts: number;
  ended_at: number | null;
  status: number | null;
  code: DeliveryCode | null;
}

export interface WebhookAttemptsTable {
  key: Generated<number>;
  delivery_key: number;
  at: number;
  duration_ms: number;
  status: number | null;
  code: DeliveryCode | null;
  answer: string;
  is_cut: number;
}
