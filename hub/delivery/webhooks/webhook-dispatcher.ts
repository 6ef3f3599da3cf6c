import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { HubId, WebhookId } from '#protocol/ids.ts';
import { TEST_MESSAGE } from '#protocol/http/webhooks.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { DisableReason } from '#protocol/webhook/webhook-state.ts';
import type { RetrySchedule } from '../../domain/webhooks/retry-schedule.ts';
import type { SecretBox } from '../../domain/webhooks/secret-box.ts';
import type { WebhookService } from '../../domain/webhooks/webhook-service.ts';
import type { Sweeper } from '../../kernel/sweeper.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import {
  type Claimed,
  type ClaimedDelivery,
  type DeliveryClaim,
  type SettledAttempt,
  claimDeliveries,
  settleAttempt,
} from '../../store/webhook-claims.ts';
import {
  type WebhookRecord,
  dueWebhooks,
  findWebhook,
  nextDueWebhook,
} from '../../store/webhooks.ts';
import type { WebhookAnswer, WebhookSender } from './webhook-sender.ts';

export interface WebhookDispatcherDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  /** Of this run. */
  readonly hubId: HubId;
  readonly clock: Clock;
  readonly log: Logger;
  readonly webhooks: Pick<WebhookService, 'disable'>;
  readonly schedule: RetrySchedule;
  readonly secrets: () => SecretBox;
  readonly sender: Pick<WebhookSender, 'send'>;
  readonly sweeper: Sweeper;
}

/** Webhooks that one sweep looks at. */
const SWEEP_SIZE = 100;
/** What is due and could not be claimed is looked at again. */
const LOOK_AGAIN_MS = 100;
/** An attempt whose end was not stored by then counts as lost: its time, and that of the database. */
const LEASE_MS = LIMITS.webhookTimeoutMs + 15_000;
/** Attempts of this hub at a time, at webhooks that answer, and at those that have not lately. */
const ROOM = { answering: 256, failing: 64 };
/** One after the other: from here on a webhook gets one attempt at a time. */
const FAILURES = 3;
/** A hub that stops gives its attempts this long to end. */
const GRACE_MS = 2_000;
const STORE_RETRY_MS = 1_000;

/**
 * Makes the attempts that are due, as one of the hubs on a database. Webhooks that fail have
 * their own, smaller share of the attempts, so that however many there are, the others do not
 * wait for them.
 */
export class WebhookDispatcher {
  readonly #deps: WebhookDispatcherDeps;
  readonly #attempts = new Map<Promise<void>, keyof typeof ROOM>();
  readonly #stop = new AbortController();
  #isClosing = false;

  constructor(deps: WebhookDispatcherDeps) {
    this.#deps = deps;
  }

  /** Attempts in flight. */
  get size(): number {
    return this.#attempts.size;
  }

  start(): void {
    this.#deps.sweeper.start(() => this.#sweep());
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const cancelTimer = this.#deps.clock.after(GRACE_MS, () => this.#stop.abort());
    while (this.#attempts.size > 0) await Promise.all(this.#attempts.keys());
    cancelTimer();
  }

  async #sweep(): Promise<number | undefined> {
    if (this.#isClosing) return undefined;
    const { db, clock } = this.#deps;
    const due = await dueWebhooks(db, { nowMs: clock.nowMs(), limit: SWEEP_SIZE });
    await Promise.all(due.map((id) => this.#claim(id)));
    const nextMs = await nextDueWebhook(db);
    return nextMs === undefined ? undefined : Math.max(nextMs, clock.nowMs() + LOOK_AGAIN_MS);
  }

  async #claim(id: WebhookId): Promise<void> {
    const { unitOfWork, db } = this.#deps;
    const webhook = await findWebhook(db, id);
    if (!webhook || this.#roomFor(webhook) <= 0) return;
    const claimed = await unitOfWork.run(
      ({ tx }) => claimDeliveries(tx, id, this.#claimFor(webhook)),
      webhook.siteId,
    );
    this.#begin(claimed);
  }

  #claimFor(webhook: WebhookRecord): DeliveryClaim {
    const nowMs = this.#deps.clock.nowMs();
    return {
      hub: this.#deps.hubId,
      nowMs,
      untilMs: nowMs + LEASE_MS,
      maxInFlight: (one) => (one.isOrdered || isFailing(one) ? 1 : LIMITS.webhookInFlight),
      room: this.#isClosing ? 0 : this.#roomFor(webhook),
    };
  }

  #roomFor(webhook: WebhookRecord): number {
    const kind = kindOf(webhook);
    const used = [...this.#attempts.values()].filter((one) => one === kind).length;
    return ROOM[kind] - used;
  }

  #begin(claimed: Claimed | undefined): void {
    if (!claimed) return;
    const { webhook, deliveries, nextAtMs } = claimed;
    if (nextAtMs !== null) this.#deps.sweeper.expect(nextAtMs);
    for (const delivery of deliveries) {
      const attempt: Promise<void> = this.#attempt(webhook, delivery).finally(() => {
        this.#attempts.delete(attempt);
      });
      this.#attempts.set(attempt, kindOf(webhook));
    }
  }

  async #attempt(webhook: WebhookRecord, delivery: ClaimedDelivery): Promise<void> {
    const { clock, log } = this.#deps;
    const [atMs, startedMs] = [clock.nowMs(), clock.monotonicMs()];
    const fields = { webhookId: webhook.id, deliveryId: delivery.id };
    const answer = await this.#send(webhook, delivery);
    // Nobody knows its outcome: the next hub makes it again.
    if (answer.code === 'interrupted') return;
    const durationMs = Math.round(clock.monotonicMs() - startedMs);
    log.debug({ ...fields, status: answer.status, code: answer.code, durationMs }, 'webhook sent');
    while (clock.monotonicMs() - startedMs < LEASE_MS) {
      try {
        this.#begin(await this.#settle(webhook, delivery, { answer, atMs, durationMs }));
        return;
      } catch (error) {
        log.warn({ err: error, ...fields }, 'outcome of webhook not stored, retry scheduled');
        if (this.#stop.signal.aborted) return;
        await new Promise<void>((resolve) => void clock.after(STORE_RETRY_MS, resolve));
      }
    }
  }

  async #send(webhook: WebhookRecord, { messageId, body }: ClaimedDelivery) {
    const { sender, log } = this.#deps;
    try {
      const { url } = webhook;
      const secrets = this.#secretsOf(webhook);
      return await sender.send({ url, messageId, body, secrets, stop: this.#stop.signal });
    } catch (error) {
      log.error({ err: error, webhookId: webhook.id }, 'webhook not sent');
      const nothing = { status: null, answer: '', isCut: false, retryAfterMs: 0 };
      return { ...nothing, code: 'connection_failed' } satisfies WebhookAnswer;
    }
  }

  /** The secret, and for a while the one before it. */
  #secretsOf({ id, secret, oldSecret }: WebhookRecord): Uint8Array[] {
    const box = this.#deps.secrets();
    const isOldValid = oldSecret !== null && oldSecret.untilMs > this.#deps.clock.nowMs();
    return [secret, ...(isOldValid ? [oldSecret.sealed] : [])].map((one) => box.open(one, id));
  }

  /** Stores how an attempt has ended, and claims what is due next for its webhook. */
  async #settle(
    webhook: WebhookRecord,
    delivery: ClaimedDelivery,
    ended: { readonly answer: WebhookAnswer; readonly atMs: number; readonly durationMs: number },
  ): Promise<Claimed | undefined> {
    const { unitOfWork, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const settled = this.#settled(delivery, ended, nowMs);
    const reason = this.#reasonToDisable(webhook, ended.answer, nowMs);
    return await unitOfWork.run(async (work) => {
      if (reason) await work.hold({ site: webhook.siteId });
      await settleAttempt(work.tx, { key: delivery.key, webhookId: webhook.id }, settled);
      if (reason) await this.#disable(work, webhook.id, reason);
      return await claimDeliveries(work.tx, webhook.id, this.#claimFor(webhook));
    }, webhook.siteId);
  }

  #settled(
    { tries, type }: ClaimedDelivery,
    ended: { readonly answer: WebhookAnswer; readonly atMs: number; readonly durationMs: number },
    nowMs: number,
  ): SettledAttempt {
    const { status, code, answer, isCut, retryAfterMs } = ended.answer;
    const attempt = { ...ended, status, code, answer, isCut };
    const hub = this.#deps.hubId;
    if (code === null) return { hub, attempt, nowMs, state: 'delivered', dueAtMs: null };
    const waitMs =
      isFinal(ended.answer) || type === TEST_MESSAGE
        ? undefined
        : this.#deps.schedule.waitMs(tries + 1, retryAfterMs);
    return waitMs === undefined
      ? { hub, attempt, nowMs, state: 'exhausted', dueAtMs: null }
      : { hub, attempt, nowMs, state: 'retrying', dueAtMs: nowMs + waitMs };
  }

  #reasonToDisable(
    { failingSinceMs: sinceMs, failures }: WebhookRecord,
    { status, code }: WebhookAnswer,
    nowMs: number,
  ): DisableReason | undefined {
    if (status === GONE) return 'gone';
    if (code === null) return undefined;
    return this.#deps.schedule.isOver({ sinceMs, failures }, nowMs) ? 'failing' : undefined;
  }

  async #disable(work: Work, id: WebhookId, reason: DisableReason): Promise<void> {
    const webhook = await findWebhook(work.tx, id);
    if (webhook?.state === 'enabled') await this.#deps.webhooks.disable(work, webhook, reason);
  }
}

const GONE = 410;

/** No further attempt would end otherwise. */
function isFinal({ status, code }: WebhookAnswer): boolean {
  return status === GONE || code === 'address_refused';
}

function isFailing({ failures }: WebhookRecord): boolean {
  return failures >= FAILURES;
}

function kindOf(webhook: WebhookRecord): keyof typeof ROOM {
  return isFailing(webhook) ? 'failing' : 'answering';
}
