import type { z } from 'zod';
import {
  DeliveryDetail,
  DeliveryPage,
  DeliveryView,
  ReplayAnswer,
  type ReplayRequest,
  WebhookList,
  type WebhookRequest,
  WebhookSecret,
  type WebhookUpdate,
  WebhookView,
} from '#protocol/http/webhooks.ts';
import type { DeliveryId, SiteId, WebhookId } from '#protocol/ids.ts';
import type { DeliveryState } from '#protocol/webhook/webhook-state.ts';
import type { HttpClient } from './http-client.ts';

export type WebhookApi = ReturnType<typeof createWebhookApi>;

/** Which deliveries of a webhook. */
export interface DeliverySelection {
  readonly state?: DeliveryState | undefined;
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
}

/** Webhooks of a site, what was sent to them and what was answered. */
export function createWebhookApi(http: HttpClient) {
  return {
    list: (id: SiteId, signal?: AbortSignal) =>
      http.json(WebhookList, {
        path: `/api/sites/${id}/webhooks`,
        ...(signal ? { signal } : {}),
      }),
    add: (id: SiteId, body: z.input<typeof WebhookRequest>) =>
      http.json(WebhookSecret, { method: 'POST', path: `/api/sites/${id}/webhooks`, body }),
    one: (id: WebhookId, signal?: AbortSignal) =>
      http.json(WebhookView, { path: `/api/webhooks/${id}`, ...(signal ? { signal } : {}) }),
    change: (id: WebhookId, body: WebhookUpdate) =>
      http.json(WebhookView, { method: 'PATCH', path: `/api/webhooks/${id}`, body }),
    rotate: (id: WebhookId) =>
      http.json(WebhookSecret, { method: 'POST', path: `/api/webhooks/${id}/rotate` }),
    remove: (id: WebhookId) => http.send({ method: 'DELETE', path: `/api/webhooks/${id}` }),
    test: (id: WebhookId) =>
      http.json(DeliveryView, { method: 'POST', path: `/api/webhooks/${id}/test` }),
    replay: (id: WebhookId, body: z.input<typeof ReplayRequest>) =>
      http.json(ReplayAnswer, { method: 'POST', path: `/api/webhooks/${id}/replay`, body }),
    deliveries: (id: WebhookId, selection: DeliverySelection, signal?: AbortSignal) =>
      http.json(DeliveryPage, {
        path: `/api/webhooks/${id}/deliveries${queryOf(selection)}`,
        ...(signal ? { signal } : {}),
      }),
    delivery: (id: DeliveryId, signal?: AbortSignal) =>
      http.json(DeliveryDetail, {
        path: `/api/webhook-deliveries/${id}`,
        ...(signal ? { signal } : {}),
      }),
    resend: (id: DeliveryId) =>
      http.json(DeliveryView, { method: 'POST', path: `/api/webhook-deliveries/${id}/resend` }),
    cancel: (id: DeliveryId) =>
      http.json(DeliveryView, { method: 'POST', path: `/api/webhook-deliveries/${id}/cancel` }),
  };
}

function queryOf({ state, before, limit }: DeliverySelection): string {
  const query = new URLSearchParams();
  if (state !== undefined) query.set('state', state);
  if (before !== undefined) query.set('before', String(before));
  if (limit !== undefined) query.set('limit', String(limit));
  return query.size === 0 ? '' : `?${query.toString()}`;
}
