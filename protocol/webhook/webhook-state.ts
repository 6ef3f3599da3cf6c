import { z } from 'zod';

/** `enabled`: what it wants is sent. `disabled`: it is kept as skipped, and can be replayed. */
export const WebhookState = z.enum(['enabled', 'disabled']);
export type WebhookState = z.infer<typeof WebhookState>;

/** Why the hub disabled a webhook: it answered 410, or nothing else than failures for days. */
export const DisableReason = z.enum(['gone', 'failing']);
export type DisableReason = z.infer<typeof DisableReason>;

/** What a person changed of a webhook. */
export const WebhookChange = z.enum(['url', 'name', 'events', 'units', 'order', 'state', 'secret']);
export type WebhookChange = z.infer<typeof WebhookChange>;

/**
 * How far a message for a webhook has come. `retrying`: an attempt failed, the next is due.
 * `exhausted`: no attempt is left, or the address is refused. `skipped`: it was not sent, since
 * the webhook was disabled or too much was waiting. `cancelled`: a person gave it up.
 */
export const DeliveryState = z.enum([
  'pending',
  'in_flight',
  'retrying',
  'delivered',
  'exhausted',
  'skipped',
  'cancelled',
]);
export type DeliveryState = z.infer<typeof DeliveryState>;

/**
 * Why an attempt failed, or a message was not sent. `answered`: with another status than 2xx.
 * `address_refused`: no attempt is made at such an address. `interrupted`: the hub stopped during
 * the attempt, so nobody knows its outcome.
 */
export const DeliveryCode = z.enum([
  'answered',
  'redirected',
  'timed_out',
  'address_refused',
  'name_unknown',
  'connection_failed',
  'certificate_invalid',
  'interrupted',
  'webhook_disabled',
  'queue_full',
]);
export type DeliveryCode = z.infer<typeof DeliveryCode>;
