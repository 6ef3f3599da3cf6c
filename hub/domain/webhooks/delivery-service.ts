import type { Clock } from '#platform/clock.ts';
import { AppError } from '#protocol/errors.ts';
import { type ReplayAnswer, type ReplayRequest, TEST_MESSAGE } from '#protocol/http/webhooks.ts';
import { type DeliveryId, MessageId, type SiteId, type WebhookId, newId } from '#protocol/ids.ts';
import { fromInstant, toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { DeliveryState } from '#protocol/webhook/webhook-state.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import {
  type MessageRecord,
  cancelDelivery,
  findDelivery,
  findDeliveryOf,
  putDelivery,
  putMessage,
  replayDeliveries,
  resendDelivery,
} from '../../store/webhook-deliveries.ts';
import { type WebhookRecord, wakeWebhook } from '../../store/webhooks.ts';
import { heldWebhook } from './webhook-service.ts';

export interface DeliveryServiceDeps {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  /** Something is due. */
  readonly wake: () => void;
}

const UNDELIVERED: readonly DeliveryState[] = ['exhausted', 'skipped', 'cancelled'];

/** Sending again what was sent to a webhook, and giving up what waits. */
export class DeliveryService {
  readonly #deps: DeliveryServiceDeps;

  constructor(deps: DeliveryServiceDeps) {
    this.#deps = deps;
  }

  /** A message that is about nothing, for an enabled webhook; it has one attempt. */
  async test(webhookId: WebhookId, account: string): Promise<DeliveryId> {
    const nowMs = this.#deps.clock.nowMs();
    return await this.#deps.unitOfWork.run(async (work) => {
      const { siteId } = await requireEnabled(work, webhookId);
      const message = testMessage(siteId, webhookId, nowMs);
      await putMessage(work.tx, message);
      const of = { webhookId, messageId: message.id };
      await putDelivery(work.tx, { ...of, nowMs, skipped: undefined });
      await this.#due(work, webhookId);
      const id = await findDeliveryOf(work.tx, of);
      if (!id) throw new AppError('internal');
      return id;
    }, account);
  }

  /** One that has ended is sent again. @throws AppError `delivery_state`, `webhook_disabled`. */
  async resend(id: DeliveryId, account: string): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    await this.#deps.unitOfWork.run(async (work) => {
      const { webhookId } = await requireDelivery(work, id);
      await requireEnabled(work, webhookId);
      const delivery = await requireDelivery(work, id);
      if (delivery.dueAtMs !== null) throw new AppError('delivery_state');
      await resendDelivery(work.tx, delivery.key, nowMs);
      await this.#due(work, webhookId);
    }, account);
  }

  /** One that waits is given up: where order is kept, the next can go. */
  async cancel(id: DeliveryId, account: string): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    await this.#deps.unitOfWork.run(async (work) => {
      const { key, webhookId } = await requireDelivery(work, id);
      if (!(await cancelDelivery(work.tx, key, nowMs))) throw new AppError('delivery_state');
      await this.#due(work, webhookId);
    }, account);
  }

  /** Everything since a time is sent again, as it was stored. */
  async replay(
    webhookId: WebhookId,
    { since, which }: ReplayRequest,
    account: string,
  ): Promise<ReplayAnswer> {
    const nowMs = this.#deps.clock.nowMs();
    const limit = LIMITS.webhookReplay;
    return await this.#deps.unitOfWork.run(async (work) => {
      await requireEnabled(work, webhookId);
      const states: DeliveryState[] = [
        ...UNDELIVERED,
        ...(which === 'all' ? (['delivered'] as const) : []),
      ];
      const sinceMs = fromInstant(since);
      const count = await replayDeliveries(work.tx, { webhookId, sinceMs, states, nowMs, limit });
      if (count > 0) await this.#due(work, webhookId);
      return { count, isMore: count === limit };
    }, account);
  }

  async #due(work: Work, webhookId: WebhookId): Promise<void> {
    await wakeWebhook(work.tx, webhookId, this.#deps.clock.nowMs());
    work.wake(this.#deps.wake);
  }
}

async function requireEnabled(work: Work, id: WebhookId): Promise<WebhookRecord> {
  const webhook = await heldWebhook(work, id);
  if (webhook.state === 'disabled') throw new AppError('webhook_disabled');
  return webhook;
}

function testMessage(siteId: SiteId, webhookId: WebhookId, nowMs: number): MessageRecord {
  const type = TEST_MESSAGE;
  const content = { type, timestamp: toInstant(nowMs), data: { webhookId }, site: siteId };
  return {
    id: newId(MessageId, nowMs),
    ...{ siteId, type, unitId: null, createdAtMs: nowMs, body: JSON.stringify(content) },
  };
}

async function requireDelivery({ tx }: Pick<Work, 'tx'>, id: DeliveryId) {
  const delivery = await findDelivery(tx, id);
  if (!delivery) throw new AppError('delivery_unknown');
  return delivery;
}
