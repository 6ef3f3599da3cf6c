import type { Insertable, Selectable } from 'kysely';
import { z } from 'zod';
import type { EventPattern } from '#protocol/http/webhooks.ts';
import { type SiteId, UnitId, type WebhookId } from '#protocol/ids.ts';
import type { DisableReason, WebhookState } from '#protocol/webhook/webhook-state.ts';
import { LIMITS } from '#protocol/limits.ts';
import { fromJsonColumn } from './json-column.ts';
import type { Db, Tx } from './schema.ts';
import type { WebhooksTable } from './schema/webhooks.ts';

/** An address that the events of a site are sent to. */
export interface WebhookRecord {
  readonly id: WebhookId;
  readonly siteId: SiteId;
  readonly name: string;
  readonly url: string;
  readonly events: readonly EventPattern[];
  /** Null: all. */
  readonly unitIds: readonly UnitId[] | null;
  readonly isOrdered: boolean;
  /** Sealed. */
  readonly secret: string;
  readonly oldSecret: { readonly sealed: string; readonly untilMs: number } | null;
  readonly state: WebhookState;
  readonly reason: DisableReason | null;
  readonly disabledAtMs: number | null;
  /** Events up to here are from before it. */
  readonly fromRev: number;
  readonly createdAtMs: number;
  readonly failingSinceMs: number | null;
  /** One after the other. */
  readonly failures: number;
  readonly deliveredAtMs: number | null;
}

const Patterns = z.array(z.string());
const Units = z.array(UnitId);

export function webhookOf(row: Selectable<WebhooksTable>): WebhookRecord {
  return {
    id: row.id,
    siteId: row.site_id,
    name: row.name,
    url: row.url,
    events: fromJsonColumn(Patterns, row.events),
    unitIds: row.unit_ids === null ? null : fromJsonColumn(Units, row.unit_ids),
    isOrdered: row.is_ordered === 1,
    secret: row.secret,
    oldSecret:
      row.old_secret === null || row.old_secret_until === null
        ? null
        : { sealed: row.old_secret, untilMs: row.old_secret_until },
    state: row.state,
    reason: row.reason,
    disabledAtMs: row.disabled_at,
    fromRev: row.from_rev,
    createdAtMs: row.created_at,
    failingSinceMs: row.failing_since,
    failures: row.failures,
    deliveredAtMs: row.delivered_at,
  };
}

/** Without what deliveries change. */
function columnsOf(webhook: WebhookRecord) {
  return {
    name: webhook.name,
    url: webhook.url,
    events: JSON.stringify(webhook.events),
    unit_ids: webhook.unitIds === null ? null : JSON.stringify(webhook.unitIds),
    is_ordered: Number(webhook.isOrdered),
    secret: webhook.secret,
    old_secret: webhook.oldSecret?.sealed ?? null,
    old_secret_until: webhook.oldSecret?.untilMs ?? null,
    state: webhook.state,
    reason: webhook.reason,
    disabled_at: webhook.disabledAtMs,
    failing_since: webhook.failingSinceMs,
    failures: webhook.failures,
  } satisfies Partial<Insertable<WebhooksTable>>;
}

export async function insertWebhook(tx: Tx, webhook: WebhookRecord): Promise<void> {
  await tx
    .insertInto('webhooks')
    .values({
      ...columnsOf(webhook),
      id: webhook.id,
      site_id: webhook.siteId,
      from_rev: webhook.fromRev,
      created_at: webhook.createdAtMs,
      delivered_at: webhook.deliveredAtMs,
      next_at: null,
    })
    .execute();
}

export async function updateWebhook(tx: Tx, webhook: WebhookRecord): Promise<void> {
  await tx.updateTable('webhooks').set(columnsOf(webhook)).where('id', '=', webhook.id).execute();
}

/** With its deliveries; messages go once nobody needs them. */
export async function deleteWebhook(tx: Tx, id: WebhookId): Promise<void> {
  await tx.deleteFrom('webhooks').where('id', '=', id).execute();
}

export async function findWebhook(db: Db, id: WebhookId): Promise<WebhookRecord | undefined> {
  const row = await db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
  return row && webhookOf(row);
}

export async function webhooksOfSite(db: Db, siteId: SiteId): Promise<WebhookRecord[]> {
  const rows = await db
    .selectFrom('webhooks')
    .selectAll()
    .where('site_id', '=', siteId)
    .orderBy('id')
    .limit(LIMITS.webhooksPerSite)
    .execute();
  return rows.map(webhookOf);
}

export async function countWebhooks(db: Db, siteId: SiteId): Promise<number> {
  const { count } = await db
    .selectFrom('webhooks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('site_id', '=', siteId)
    .executeTakeFirstOrThrow();
  return count;
}

/** What the webhooks of a site want. */
export interface WantedEvents {
  readonly siteId: SiteId;
  readonly events: readonly EventPattern[];
}

/** Of all webhooks of the hub. */
export async function wantedEvents(db: Db): Promise<WantedEvents[]> {
  const rows = await db.selectFrom('webhooks').select(['site_id', 'events']).distinct().execute();
  return rows.map((row) => ({
    siteId: row.site_id,
    events: fromJsonColumn(Patterns, row.events),
  }));
}

/** Something is due for it. */
export async function wakeWebhook(tx: Tx, id: WebhookId, atMs: number): Promise<void> {
  await tx
    .updateTable('webhooks')
    .set({ next_at: atMs })
    .where('id', '=', id)
    .where((where) => where.or([where('next_at', 'is', null), where('next_at', '>', atMs)]))
    .execute();
}

/** Webhooks that something is due for, the longest due first. */
export async function dueWebhooks(
  db: Db,
  due: { readonly nowMs: number; readonly limit: number },
): Promise<WebhookId[]> {
  const rows = await db
    .selectFrom('webhooks')
    .select('id')
    .where('next_at', '<=', due.nowMs)
    .where('state', '=', 'enabled')
    .orderBy('next_at')
    .limit(due.limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** When something is due next for any of them. */
export async function nextDueWebhook(db: Db): Promise<number | undefined> {
  const row = await db
    .selectFrom('webhooks')
    .select(({ fn }) => fn.min<number | null>('next_at').as('at'))
    .where('next_at', 'is not', null)
    .where('state', '=', 'enabled')
    .executeTakeFirst();
  return row?.at ?? undefined;
}
