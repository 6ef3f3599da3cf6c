import { z } from 'zod';
import { SITE_EVENT_TYPES } from '../events/site-event.ts';
import { DeliveryId, MessageId, SiteId, UnitId, WebhookId } from '../ids.ts';
import { Instant } from '../json.ts';
import { LIMITS } from '../limits.ts';
import {
  DeliveryCode,
  DeliveryState,
  DisableReason,
  WebhookState,
} from '../webhook/webhook-state.ts';
import { Name } from './accounts.ts';

/** Types of messages that are no events of a site. */
export const TEST_MESSAGE = 'webhook.test';
/** Events that the hub no longer had when their turn came: `{from, to}`, of revisions. */
export const MISSED_MESSAGE = 'events.missed';

/** An event type, all of one noun (`command.*`), or all (`*`). */
export const EventPattern = z
  .string()
  .max(80)
  .refine(isPattern, 'must be an event type, a noun with a wildcard like command.*, or *');
export type EventPattern = z.infer<typeof EventPattern>;

function isPattern(text: string): boolean {
  return text === '*' || SITE_EVENT_TYPES.some((type) => fitsPattern(type, text));
}

/** Whether a pattern matches an event type. */
export function fitsPattern(type: string, pattern: EventPattern): boolean {
  if (pattern === '*' || pattern === type) return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}

const Patterns = z.array(EventPattern).min(1).max(40);
const Units = z.array(UnitId).min(1).max(LIMITS.webhookUnits);

/** POST /api/sites/:siteId/webhooks -> 201 WebhookSecret */
export const WebhookRequest = z.strictObject({
  name: Name,
  url: z.string().min(1).max(LIMITS.webhookUrlChars),
  events: Patterns.default(['*']),
  /** Only what is about these; null: everything. */
  unitIds: Units.nullable().default(null),
  /** One message at a time, each after the one before was delivered or given up. */
  isOrdered: z.boolean().default(false),
});
export type WebhookRequest = z.output<typeof WebhookRequest>;

/** PATCH /api/webhooks/:webhookId -> WebhookView */
export const WebhookUpdate = z
  .strictObject({
    name: Name,
    url: z.string().min(1).max(LIMITS.webhookUrlChars),
    events: Patterns,
    unitIds: Units.nullable(),
    isOrdered: z.boolean(),
    state: WebhookState,
  })
  .partial();
export type WebhookUpdate = z.infer<typeof WebhookUpdate>;

export const WebhookView = z.object({
  id: WebhookId,
  siteId: SiteId,
  name: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  unitIds: z.array(UnitId).nullable(),
  isOrdered: z.boolean(),
  state: WebhookState,
  /** Why the hub disabled it; null: it is enabled, or a person disabled it. */
  reason: DisableReason.nullable(),
  disabledAt: Instant.nullable(),
  createdAt: Instant,
  /** Since when every attempt has failed. */
  failingSince: Instant.nullable(),
  lastDeliveredAt: Instant.nullable(),
  /** Messages on their way to it. */
  waiting: z.int().nonnegative(),
  /** Until then the secret before the last rotation signs as well. */
  oldSecretUntil: Instant.nullable(),
});
export type WebhookView = z.infer<typeof WebhookView>;

/** GET /api/sites/:siteId/webhooks */
export const WebhookList = z.object({ webhooks: z.array(WebhookView) });
export type WebhookList = z.infer<typeof WebhookList>;

/** The secret that signs, `whsec_...`: shown once. */
export const WebhookSecret = z.object({ webhook: WebhookView, secret: z.string() });
export type WebhookSecret = z.infer<typeof WebhookSecret>;

/** A message for one webhook. */
export const DeliveryView = z.object({
  id: DeliveryId,
  webhookId: WebhookId,
  /** Sent as `webhook-id`. */
  messageId: MessageId,
  type: z.string(),
  unitId: UnitId.nullable(),
  state: DeliveryState,
  /** When it was stored. */
  createdAt: Instant,
  attempts: z.int().nonnegative(),
  nextAttemptAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** Of the last attempt. */
  status: z.int().nullable(),
  code: DeliveryCode.nullable(),
});
export type DeliveryView = z.infer<typeof DeliveryView>;

/** GET /api/webhooks/:webhookId/deliveries?state=&before=&limit= : newest first */
export const DeliveryQuery = z.strictObject({
  state: DeliveryState.optional(),
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type DeliveryQuery = z.infer<typeof DeliveryQuery>;
export const DeliveryPage = z.object({
  deliveries: z.array(DeliveryView),
  /** `before` of the next page; null: none. */
  next: z.int().nullable(),
});
export type DeliveryPage = z.infer<typeof DeliveryPage>;

export const AttemptView = z.object({
  at: Instant,
  durationMs: z.int().nonnegative(),
  /** Of the HTTP answer, if there was one. */
  status: z.int().nullable(),
  /** Null: it was delivered. */
  code: DeliveryCode.nullable(),
  /** The first 4 KiB of what was answered, or the error. */
  answer: z.string(),
  isCut: z.boolean(),
});
export type AttemptView = z.infer<typeof AttemptView>;

/** GET /api/webhook-deliveries/:deliveryId */
export const DeliveryDetail = z.object({
  delivery: DeliveryView,
  /** The body, as it is sent. */
  body: z.string(),
  /** Oldest first, the last 50. */
  attempts: z.array(AttemptView),
});
export type DeliveryDetail = z.infer<typeof DeliveryDetail>;

/** POST /api/webhooks/:webhookId/replay -> ReplayAnswer */
export const ReplayRequest = z.strictObject({
  since: Instant,
  /** `undelivered`: exhausted, skipped and cancelled ones. */
  which: z.enum(['undelivered', 'all']).default('undelivered'),
});
export type ReplayRequest = z.output<typeof ReplayRequest>;
export const ReplayAnswer = z.object({
  count: z.int().nonnegative(),
  /** More than one call sends: repeat it. */
  isMore: z.boolean(),
});
export type ReplayAnswer = z.infer<typeof ReplayAnswer>;
