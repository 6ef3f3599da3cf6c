import type { Clock } from '#platform/clock.ts';
import { fitsPattern } from '#protocol/http/webhooks.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import { LIMITS } from '#protocol/limits.ts';
import { WEBHOOK_CONSUMER, type WebhookInterests } from '../domain/webhooks/webhook-interests.ts';
import type { Tx } from '../store/schema.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import {
  type MessageRecord,
  countWaiting,
  putDelivery,
  putMessage,
} from '../store/webhook-deliveries.ts';
import { type WebhookRecord, wakeWebhook, webhooksOfSite } from '../store/webhooks.ts';
import type { EventBatch, EventConsumer } from './event-consumers.ts';
import { eventMessage, missedMessage } from './webhooks/webhook-message.ts';

export interface WebhookConsumerDeps {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly interests: Pick<WebhookInterests, 'wants' | 'sites'>;
  /** Something is due. */
  readonly wake: () => void;
}

/** Stores what the events of a site have to be sent, for each of its webhooks, once. */
export function webhookConsumer(deps: WebhookConsumerDeps): EventConsumer {
  const { unitOfWork, clock, interests, wake } = deps;
  return {
    name: WEBHOOK_CONSUMER,
    wants: interests.wants,
    sites: () => interests.sites,
    handle: async (batch) => {
      const nowMs = clock.nowMs();
      await unitOfWork.run(async (work) => {
        await work.hold({ site: batch.site });
        await store(work.tx, batch, nowMs);
        work.wake(wake);
      }, batch.site);
    },
  };
}

async function store(tx: Tx, { site, events, missed }: EventBatch, nowMs: number): Promise<void> {
  const missedOf = missed ? missedMessage(site, missed, nowMs) : undefined;
  for (const webhook of await webhooksOfSite(tx, site)) {
    const messages = events.flatMap((event) =>
      wants(webhook, event) ? [eventMessage(event)] : [],
    );
    const isMissing = missed !== undefined && missed.to > webhook.fromRev;
    if (isMissing && missedOf) messages.unshift(missedOf);
    if (messages.length > 0) await putAll(tx, webhook, { messages, nowMs });
  }
}

async function putAll(
  tx: Tx,
  webhook: WebhookRecord,
  { messages, nowMs }: { readonly messages: readonly MessageRecord[]; readonly nowMs: number },
): Promise<void> {
  const { id: webhookId, state } = webhook;
  const isEnabled = state === 'enabled';
  let room = isEnabled ? LIMITS.webhookWaiting - (await countWaiting(tx, webhookId)) : 0;
  for (const message of messages) {
    const isSent = room > 0;
    const skipped = isSent ? undefined : isEnabled ? 'queue_full' : 'webhook_disabled';
    room -= 1;
    await putMessage(tx, message);
    await putDelivery(tx, { webhookId, messageId: message.id, nowMs, skipped });
  }
  if (isEnabled) await wakeWebhook(tx, webhookId, nowMs);
}

/** Whether a webhook is to be sent an event. */
function wants({ events, unitIds, fromRev }: WebhookRecord, event: SiteEvent): boolean {
  if (event.rev <= fromRev) return false;
  if (!events.some((pattern) => fitsPattern(event.type, pattern))) return false;
  return unitIds === null || ('unitId' in event.data && unitIds.includes(event.data.unitId));
}
