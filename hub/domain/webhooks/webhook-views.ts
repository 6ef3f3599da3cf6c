import type { Clock } from '#platform/clock.ts';
import { AppError } from '#protocol/errors.ts';
import {
  AttemptView,
  type DeliveryDetail,
  type DeliveryPage,
  type DeliveryQuery,
  DeliveryView,
  WebhookView,
} from '#protocol/http/webhooks.ts';
import type { DeliveryId, SiteId, WebhookId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { Db } from '../../store/schema.ts';
import {
  type DeliveryRecord,
  attemptsOf,
  countWaiting,
  deliveriesOf,
  findDelivery,
} from '../../store/webhook-deliveries.ts';
import { type WebhookRecord, findWebhook, webhooksOfSite } from '../../store/webhooks.ts';

const MAX_ATTEMPTS = 50;

/** Webhooks and their log, as answers show them. */
export class WebhookViews {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(deps: { readonly db: Db; readonly clock: Clock }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
  }

  /** @throws AppError `webhook_unknown`. */
  async one(id: WebhookId): Promise<WebhookView> {
    const webhook = await findWebhook(this.#db, id);
    if (!webhook) throw new AppError('webhook_unknown');
    return await this.#view(webhook);
  }

  async ofSite(siteId: SiteId): Promise<WebhookView[]> {
    const webhooks = await webhooksOfSite(this.#db, siteId);
    return await Promise.all(webhooks.map((webhook) => this.#view(webhook)));
  }

  async deliveries(id: WebhookId, query: DeliveryQuery): Promise<DeliveryPage> {
    const records = await deliveriesOf(this.#db, id, query);
    const isMore = records.length === query.limit;
    return { deliveries: records.map(viewOf), next: isMore ? (records.at(-1)?.key ?? null) : null };
  }

  /** @throws AppError `delivery_unknown`. */
  async delivery(id: DeliveryId): Promise<DeliveryDetail> {
    const record = await findDelivery(this.#db, id);
    if (!record) throw new AppError('delivery_unknown');
    const attempts = await attemptsOf(this.#db, record.key, MAX_ATTEMPTS);
    return {
      delivery: viewOf(record),
      body: record.body,
      attempts: attempts.map(({ atMs, ...attempt }) =>
        AttemptView.parse({ ...attempt, at: toInstant(atMs) }),
      ),
    };
  }

  async #view(webhook: WebhookRecord): Promise<WebhookView> {
    const { oldSecret } = webhook;
    const isOldValid = oldSecret !== null && oldSecret.untilMs > this.#clock.nowMs();
    return WebhookView.parse({
      ...webhook,
      disabledAt: instantOf(webhook.disabledAtMs),
      createdAt: toInstant(webhook.createdAtMs),
      failingSince: instantOf(webhook.failingSinceMs),
      lastDeliveredAt: instantOf(webhook.deliveredAtMs),
      waiting: await countWaiting(this.#db, webhook.id),
      oldSecretUntil: isOldValid ? toInstant(oldSecret.untilMs) : null,
    });
  }
}

function viewOf(record: DeliveryRecord): DeliveryView {
  const isWaiting = record.state === 'pending' || record.state === 'retrying';
  return DeliveryView.parse({
    ...record,
    createdAt: toInstant(record.createdAtMs),
    nextAttemptAt: isWaiting ? instantOf(record.dueAtMs) : null,
    endedAt: instantOf(record.endedAtMs),
  });
}

function instantOf(ms: number | null): string | null {
  return ms === null ? null : toInstant(ms);
}
