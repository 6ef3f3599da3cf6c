import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#protocol/errors.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { WebhookRequest, WebhookUpdate } from '#protocol/http/webhooks.ts';
import { type SiteId, WebhookId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { formatSecret } from '#protocol/webhook/standard-webhooks.ts';
import type { DisableReason, WebhookChange } from '#protocol/webhook/webhook-state.ts';
import { putCursor } from '../../store/event-cursors.ts';
import { sitePosition } from '../../store/site-events.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import { skipWaiting } from '../../store/webhook-deliveries.ts';
import {
  type WebhookRecord,
  countWebhooks,
  deleteWebhook,
  findWebhook,
  insertWebhook,
  updateWebhook,
  wakeWebhook,
} from '../../store/webhooks.ts';
import type { Requester } from '../accounts/principal.ts';
import type { SecretBox } from './secret-box.ts';
import type { TargetPolicy } from './target-policy.ts';
import { WEBHOOK_CONSUMER } from './webhook-interests.ts';

export interface WebhookServiceDeps {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly policy: Pick<TargetPolicy, 'check'>;
  readonly box: () => SecretBox;
  /** Something may be due. */
  readonly wake: () => void;
}

/** Within what the standard recommends: 24 to 64. */
const SECRET_BYTES = 32;

/** A webhook and the secret that signs for it, which is known here and shown once. */
export interface MadeWebhook {
  readonly id: WebhookId;
  readonly secret: string;
}

/** Adding webhooks to a site, changing and removing them. */
export class WebhookService {
  readonly #deps: WebhookServiceDeps;

  constructor(deps: WebhookServiceDeps) {
    this.#deps = deps;
  }

  /** @throws AppError `webhook_url_refused`, `webhook_limit`. */
  async add(
    siteId: SiteId,
    request: WebhookRequest,
    { account, actor }: Requester,
  ): Promise<MadeWebhook> {
    const { unitOfWork, clock, log } = this.#deps;
    await this.#requireTarget(request.url);
    const nowMs = clock.nowMs();
    const id = newId(WebhookId, nowMs);
    const { sealed, secret } = this.#newSecret(id);
    await unitOfWork.run(async (work) => {
      await work.hold({ site: siteId });
      const others = await countWebhooks(work.tx, siteId);
      if (others >= LIMITS.webhooksPerSite) throw new AppError('webhook_limit');
      const position = await sitePosition(work.tx, siteId);
      if (!position) throw new AppError('site_unknown');
      const { epoch, rev } = position;
      // Until now nobody followed the site.
      if (others === 0) await putCursor(work.tx, WEBHOOK_CONSUMER, { site: siteId, epoch, rev });
      const webhook: WebhookRecord = {
        ...request,
        ...{ id, siteId, secret: sealed, oldSecret: null, createdAtMs: nowMs },
        ...{ state: 'enabled', reason: null, disabledAtMs: null },
        ...{ failingSinceMs: null, failures: 0, deliveredAtMs: null },
        // Not even its own addition, which is the next event.
        fromRev: rev + 1,
      };
      await insertWebhook(work.tx, webhook);
      work.emit({ site: siteId, type: 'webhook.added', actor, data: dataOf(webhook) });
      work.wake(() => log.info({ webhookId: id, siteId }, 'webhook added'));
    }, account);
    return { id, secret };
  }

  /** @throws AppError `webhook_unknown`, `webhook_url_refused`. */
  async change(id: WebhookId, update: WebhookUpdate, requester: Requester): Promise<void> {
    const { clock, wake } = this.#deps;
    if (update.url !== undefined) await this.#requireTarget(update.url);
    const nowMs = clock.nowMs();
    await this.#change(id, requester, async (work, before) => {
      const state = update.state ?? before.state;
      const after: WebhookRecord = {
        ...before,
        ...definedOf(update),
        ...(state === before.state ? {} : { disabledAtMs: state === 'disabled' ? nowMs : null }),
        // Enabled anew, or at another address, it has not failed yet.
        ...(state === 'enabled' && (before.state !== state || update.url !== undefined)
          ? { reason: null, failingSinceMs: null, failures: 0 }
          : {}),
      };
      const changes = changesOf(before, after);
      if (changes.length === 0) return [];
      await updateWebhook(work.tx, after);
      if (state === 'disabled') await skipWaiting(work.tx, id, nowMs);
      else await wakeWebhook(work.tx, id, nowMs);
      work.wake(wake);
      return changes;
    });
  }

  /** Another secret; the one before signs as well for a day. */
  async rotate(id: WebhookId, requester: Requester): Promise<MadeWebhook> {
    const { sealed, secret } = this.#newSecret(id);
    const untilMs = this.#deps.clock.nowMs() + LIMITS.webhookOldSecretMs;
    await this.#change(id, requester, async (work, before) => {
      const oldSecret = { sealed: before.secret, untilMs };
      await updateWebhook(work.tx, { ...before, secret: sealed, oldSecret });
      return ['secret'];
    });
    return { id, secret };
  }

  /** With its log; nothing is sent to it any more. */
  async remove(id: WebhookId, { account, actor }: Requester): Promise<void> {
    const { unitOfWork, log } = this.#deps;
    await unitOfWork.run(async (work) => {
      const webhook = await heldWebhook(work, id);
      await deleteWebhook(work.tx, id);
      const { siteId: site } = webhook;
      work.emit({ site, type: 'webhook.removed', actor, data: dataOf(webhook) });
      work.wake(() => log.info({ webhookId: id, siteId: site }, 'webhook removed'));
    }, account);
  }

  /** By the hub itself, with its site held: people see an event of it. */
  async disable(work: Work, webhook: WebhookRecord, reason: DisableReason): Promise<void> {
    const { clock, log } = this.#deps;
    const nowMs = clock.nowMs();
    const { id, siteId: site } = webhook;
    await updateWebhook(work.tx, { ...webhook, state: 'disabled', reason, disabledAtMs: nowMs });
    await skipWaiting(work.tx, id, nowMs);
    const data = { ...dataOf(webhook), reason };
    work.emit({ site, type: 'webhook.disabled', actor: HUB_ACTOR, data });
    work.wake(() => log.warn({ webhookId: id, siteId: site, reason }, 'webhook disabled'));
  }

  async #change(
    id: WebhookId,
    { account, actor }: { readonly account: string; readonly actor: Actor },
    change: (work: Work, before: WebhookRecord) => Promise<WebhookChange[]>,
  ): Promise<void> {
    await this.#deps.unitOfWork.run(async (work) => {
      const changes = await change(work, await heldWebhook(work, id));
      const after = await findWebhook(work.tx, id);
      if (!after || changes.length === 0) return;
      const data = { ...dataOf(after), changes };
      work.emit({ site: after.siteId, type: 'webhook.changed', actor, data });
    }, account);
  }

  async #requireTarget(url: string): Promise<void> {
    const verdict = await this.#deps.policy.check(url);
    if (verdict.ok) return;
    throw new AppError('webhook_url_refused', { details: { reason: verdict.reason } });
  }

  #newSecret(id: WebhookId): { readonly sealed: string; readonly secret: string } {
    const bytes = randomBytes(SECRET_BYTES);
    return { sealed: this.#deps.box().seal(bytes, id), secret: formatSecret(bytes, 'whsec_') };
  }
}

/** A webhook, with its site held. @throws AppError `webhook_unknown`. */
export async function heldWebhook(
  { tx, hold }: Pick<Work, 'tx' | 'hold'>,
  id: WebhookId,
): Promise<WebhookRecord> {
  const known = await findWebhook(tx, id);
  if (known) await hold({ site: known.siteId });
  const webhook = known && (await findWebhook(tx, id));
  if (!webhook) throw new AppError('webhook_unknown');
  return webhook;
}

function dataOf({ id, name, url }: WebhookRecord) {
  return { webhookId: id, webhookName: name, host: new URL(url).host };
}

function changesOf(before: WebhookRecord, after: WebhookRecord): WebhookChange[] {
  const isOther = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other);
  const changes: [WebhookChange, boolean][] = [
    ['url', before.url !== after.url],
    ['name', before.name !== after.name],
    ['events', isOther(before.events, after.events)],
    ['units', isOther(before.unitIds, after.unitIds)],
    ['order', before.isOrdered !== after.isOrdered],
    ['state', before.state !== after.state],
  ];
  return changes.flatMap(([what, isChanged]) => (isChanged ? [what] : []));
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOf({ name, url, events, unitIds, isOrdered, state }: WebhookUpdate) {
  const given: Defined<WebhookUpdate> = {
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url }),
    ...(events === undefined ? {} : { events }),
    ...(unitIds === undefined ? {} : { unitIds }),
    ...(isOrdered === undefined ? {} : { isOrdered }),
    ...(state === undefined ? {} : { state }),
  };
  return given;
}
