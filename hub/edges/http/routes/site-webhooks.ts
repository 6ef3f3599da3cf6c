import { z } from 'zod';
import {
  DeliveryDetail,
  DeliveryPage,
  DeliveryQuery,
  DeliveryView,
  ReplayAnswer,
  ReplayRequest,
  WebhookList,
  WebhookRequest,
  WebhookSecret,
  WebhookUpdate,
  WebhookView,
} from '#protocol/http/webhooks.ts';
import { DeliveryId, SiteId, WebhookId } from '#protocol/ids.ts';
import { type UserPrincipal, requesterOf } from '../../../domain/accounts/principal.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { DeliveryService } from '../../../domain/webhooks/delivery-service.ts';
import type { MadeWebhook, WebhookService } from '../../../domain/webhooks/webhook-service.ts';
import type { WebhookViews } from '../../../domain/webhooks/webhook-views.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { Nothing, PROBLEMS } from '../responses.ts';

export interface SiteWebhookRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly webhooks: WebhookService;
  readonly webhookViews: WebhookViews;
  readonly deliveries: DeliveryService;
}

const tags = ['Webhooks'];
const SHOWN_ONCE = 'The answer has the secret that signs: it is not shown again.';
const SiteParams = z.strictObject({ siteId: SiteId });
const WebhookParams = z.strictObject({ webhookId: WebhookId });
const DeliveryParams = z.strictObject({ deliveryId: DeliveryId });

/** Addresses that the events of a site are sent to, and what became of what was sent. */
export function siteWebhookRoutes(app: HttpApp, deps: SiteWebhookRoutesDeps): void {
  const { guards, access, webhooks, webhookViews, deliveries } = deps;
  const onRequest = guards.may('webhook.manage');

  /** A webhook of a site at which the caller manages them; to who has no role there, there is none. */
  const webhookFor = async (caller: UserPrincipal, id: WebhookId): Promise<WebhookView> => {
    const webhook = await webhookViews.one(id);
    const place = { siteId: webhook.siteId, unknown: 'webhook_unknown' } as const;
    await access.require(caller, place, 'webhook.manage');
    return webhook;
  };
  const deliveryFor = async (caller: UserPrincipal, id: DeliveryId): Promise<DeliveryDetail> => {
    const detail = await webhookViews.delivery(id);
    const { siteId } = await webhookViews.one(detail.delivery.webhookId);
    await access.require(caller, { siteId, unknown: 'delivery_unknown' }, 'webhook.manage');
    return detail;
  };
  const shown = async ({ id, secret }: MadeWebhook): Promise<WebhookSecret> => ({
    webhook: await webhookViews.one(id),
    secret,
  });

  app.get('/api/sites/:siteId/webhooks', {
    onRequest,
    schema: {
      tags,
      summary: 'The webhooks of a site (managers and owners)',
      params: SiteParams,
      response: { 200: WebhookList, ...PROBLEMS },
    },
    handler: async (request) => {
      const { siteId } = request.params;
      await access.require(guards.user(request), siteId, 'webhook.manage');
      return { webhooks: await webhookViews.ofSite(siteId) };
    },
  });

  app.post('/api/sites/:siteId/webhooks', {
    onRequest,
    schema: {
      tags,
      summary: 'Send the events of a site to an address (managers and owners)',
      description: SHOWN_ONCE,
      params: SiteParams,
      body: WebhookRequest,
      response: { 201: WebhookSecret, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      const caller = guards.user(request);
      await access.require(caller, siteId, 'webhook.manage');
      const made = await webhooks.add(siteId, request.body, requesterOf(caller));
      return await reply.status(201).send(await shown(made));
    },
  });

  app.get('/api/webhooks/:webhookId', {
    onRequest,
    schema: {
      tags,
      summary: 'A webhook (managers and owners)',
      params: WebhookParams,
      response: { 200: WebhookView, ...PROBLEMS },
    },
    handler: async (request) => await webhookFor(guards.user(request), request.params.webhookId),
  });

  app.patch('/api/webhooks/:webhookId', {
    onRequest,
    schema: {
      tags,
      summary: 'Change, disable or enable a webhook (managers and owners)',
      params: WebhookParams,
      body: WebhookUpdate,
      response: { 200: WebhookView, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { id } = await webhookFor(caller, request.params.webhookId);
      await webhooks.change(id, request.body, requesterOf(caller));
      return await webhookViews.one(id);
    },
  });

  app.delete('/api/webhooks/:webhookId', {
    onRequest,
    schema: {
      tags,
      summary: 'Remove a webhook with its log (managers and owners)',
      params: WebhookParams,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const { id } = await webhookFor(caller, request.params.webhookId);
      await webhooks.remove(id, requesterOf(caller));
      return await reply.status(204).send(null);
    },
  });

  app.post('/api/webhooks/:webhookId/rotate', {
    onRequest,
    schema: {
      tags,
      summary: 'Another secret; the one before signs as well for 24 hours (managers and owners)',
      description: SHOWN_ONCE,
      params: WebhookParams,
      response: { 200: WebhookSecret, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { id } = await webhookFor(caller, request.params.webhookId);
      return await shown(await webhooks.rotate(id, requesterOf(caller)));
    },
  });

  app.post('/api/webhooks/:webhookId/test', {
    onRequest,
    schema: {
      tags,
      summary: 'Send a test message, once (managers and owners)',
      params: WebhookParams,
      response: { 202: DeliveryView, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const { id } = await webhookFor(caller, request.params.webhookId);
      const deliveryId = await deliveries.test(id, caller.userId);
      const { delivery } = await webhookViews.delivery(deliveryId);
      return await reply.status(202).send(delivery);
    },
  });

  app.get('/api/webhooks/:webhookId/deliveries', {
    onRequest,
    schema: {
      tags,
      summary: 'What was sent to a webhook, newest first (managers and owners)',
      params: WebhookParams,
      querystring: DeliveryQuery,
      response: { 200: DeliveryPage, ...PROBLEMS },
    },
    handler: async (request) => {
      const { id } = await webhookFor(guards.user(request), request.params.webhookId);
      return await webhookViews.deliveries(id, request.query);
    },
  });

  app.post('/api/webhooks/:webhookId/replay', {
    onRequest,
    schema: {
      tags,
      summary: 'Send again what was stored since a time (managers and owners)',
      params: WebhookParams,
      body: ReplayRequest,
      response: { 200: ReplayAnswer, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { id } = await webhookFor(caller, request.params.webhookId);
      return await deliveries.replay(id, request.body, caller.userId);
    },
  });

  app.get('/api/webhook-deliveries/:deliveryId', {
    onRequest,
    schema: {
      tags,
      summary: 'A delivery with its body and its attempts (managers and owners)',
      params: DeliveryParams,
      response: { 200: DeliveryDetail, ...PROBLEMS },
    },
    handler: async (request) => await deliveryFor(guards.user(request), request.params.deliveryId),
  });

  app.post('/api/webhook-deliveries/:deliveryId/resend', {
    onRequest,
    schema: {
      tags,
      summary: 'Send again what was delivered or given up (managers and owners)',
      params: DeliveryParams,
      response: { 202: DeliveryView, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const { delivery } = await deliveryFor(caller, request.params.deliveryId);
      await deliveries.resend(delivery.id, caller.userId);
      return await reply.status(202).send((await webhookViews.delivery(delivery.id)).delivery);
    },
  });

  app.post('/api/webhook-deliveries/:deliveryId/cancel', {
    onRequest,
    schema: {
      tags,
      summary: 'Give up what waits (managers and owners)',
      params: DeliveryParams,
      response: { 200: DeliveryView, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { delivery } = await deliveryFor(caller, request.params.deliveryId);
      await deliveries.cancel(delivery.id, caller.userId);
      return (await webhookViews.delivery(delivery.id)).delivery;
    },
  });
}
