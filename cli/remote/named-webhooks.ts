import { z } from 'zod';
import type { HttpClient } from '#client/http-client.ts';
import { createWebhookApi } from '#client/webhook-api.ts';
import { AppError } from '#protocol/errors.ts';
import { SiteView } from '#protocol/http/accounts.ts';
import type { WebhookView } from '#protocol/http/webhooks.ts';

const Sites = z.object({ sites: z.array(SiteView) });

/** The webhooks of each site whose webhooks this login manages. */
export async function webhooksOfSites(http: HttpClient): Promise<WebhookView[]> {
  const api = createWebhookApi(http);
  const { sites } = await http.json(Sites, { path: '/api/sites' });
  const webhooks: WebhookView[] = [];
  let refusal: unknown;
  let isAllowed = sites.length === 0;
  for (const { id } of sites) {
    try {
      webhooks.push(...(await api.list(id)).webhooks);
      isAllowed = true;
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'forbidden')) throw error;
      refusal = error;
    }
  }
  if (!isAllowed) throw refusal;
  return webhooks;
}

/**
 * The webhook of an id or a name.
 *
 * @throws AppError `webhook_unknown`; `bad_request` where several have the name
 */
export function findWebhook(webhooks: readonly WebhookView[], wanted: string): WebhookView {
  const byId = webhooks.find(({ id }) => id === wanted);
  if (byId) return byId;
  const named = webhooks.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const [only, ...others] = named;
  if (!only) throw new AppError('webhook_unknown');
  if (others.length === 0) return only;
  const ids = named.map(({ id }) => id).join(', ');
  throw new AppError('bad_request', {
    details: { source: wanted, field: 'this', reason: `is the name of several webhooks: ${ids}` },
  });
}
