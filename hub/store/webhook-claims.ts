import { sql } from 'kysely';
import type { HubId, WebhookId } from '#protocol/ids.ts';
import type { DeliveryState } from '#protocol/webhook/webhook-state.ts';
import { engineOf } from './engine/adapter.ts';
import type { Tx } from './schema.ts';
import { type AttemptRecord, type DeliveryRecord, insertAttempt } from './webhook-deliveries.ts';
import { type WebhookRecord, webhookOf } from './webhooks.ts';

/** An attempt that a hub is to make now. */
export interface ClaimedDelivery extends Pick<DeliveryRecord, 'key' | 'id' | 'messageId' | 'type'> {
  readonly body: string;
  /** Of the present schedule, before this one. */
  readonly tries: number;
}

export interface DeliveryClaim {
  readonly hub: HubId;
  readonly nowMs: number;
  /** Until then the attempts are this hub's alone. */
  readonly untilMs: number;
  /** Attempts at the webhook at a time. */
  readonly maxInFlight: (webhook: WebhookRecord) => number;
  /** Attempts that the hub can make at the moment. */
  readonly room: number;
}

export interface Claimed {
  readonly webhook: WebhookRecord;
  readonly deliveries: readonly ClaimedDelivery[];
  /** When it is to be looked at again; null: when something comes for it. */
  readonly nextAtMs: number | null;
}

/**
 * Claims what is due for an enabled webhook, whose row is locked from here on: so its bound of
 * attempts in flight, and its order, hold for all hubs together.
 *
 * @returns undefined where another hub is at it
 */
export async function claimDeliveries(
  tx: Tx,
  id: WebhookId,
  claim: DeliveryClaim,
): Promise<Claimed | undefined> {
  const { hub, nowMs, untilMs, maxInFlight, room } = claim;
  const { skipLocked } = engineOf(tx).dialect;
  const { rows: locked } = await sql`
    select id from webhooks where id = ${id} and state = 'enabled' ${skipLocked}`.execute(tx);
  if (locked.length === 0) return undefined;
  const row = await tx.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const webhook = webhookOf(row);
  const free = maxInFlight(webhook) - (await countInFlight(tx, id, nowMs));
  const limit = Math.min(room, free);
  const due = limit <= 0 ? [] : await dueDeliveries(tx, webhook, { nowMs, limit });
  for (const { key, state } of due) {
    // Whoever made that attempt has stopped.
    if (state === 'in_flight') await insertAttempt(tx, key, interrupted(nowMs));
    await tx
      .updateTable('webhook_deliveries')
      .set({ state: 'in_flight', hub_id: hub, due_at: untilMs })
      .where('key', '=', key)
      .execute();
  }
  // With the end of an attempt its hub looks again; here it is about attempts without one.
  const isFull = due.length >= free;
  const nextAtMs = isFull ? untilMs : await nextDue(tx, webhook);
  await setNext(tx, id, nextAtMs);
  return { webhook, deliveries: due, nextAtMs };
}

async function countInFlight(tx: Tx, id: WebhookId, nowMs: number): Promise<number> {
  const { count } = await tx
    .selectFrom('webhook_deliveries')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('webhook_id', '=', id)
    .where('hub_id', 'is not', null)
    .where('due_at', '>', nowMs)
    .executeTakeFirstOrThrow();
  return count;
}

async function dueDeliveries(
  tx: Tx,
  { id, isOrdered }: WebhookRecord,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): Promise<(ClaimedDelivery & { readonly state: DeliveryState })[]> {
  const query = tx
    .selectFrom('webhook_deliveries')
    .innerJoin('webhook_messages', 'webhook_messages.id', 'webhook_deliveries.message_id')
    .select([
      'webhook_deliveries.key',
      'webhook_deliveries.id',
      'webhook_deliveries.message_id as messageId',
      'webhook_deliveries.state',
      'webhook_deliveries.tries',
      'webhook_deliveries.due_at as dueAtMs',
      'webhook_messages.type',
      'webhook_messages.body',
    ])
    .where('webhook_deliveries.webhook_id', '=', id)
    .where('webhook_deliveries.due_at', 'is not', null);
  if (isOrdered) {
    const [head] = await query.orderBy('webhook_deliveries.key').limit(1).execute();
    const isDue = typeof head?.dueAtMs === 'number' && head.dueAtMs <= nowMs;
    return isDue ? [head] : [];
  }
  return await query
    .where('webhook_deliveries.due_at', '<=', nowMs)
    .orderBy('webhook_deliveries.due_at')
    .orderBy('webhook_deliveries.key')
    .limit(limit)
    .execute();
}

function interrupted(atMs: number): AttemptRecord {
  const answer = { status: null, answer: '', isCut: false };
  return { atMs, durationMs: 0, code: 'interrupted', ...answer };
}

/** When it is looked at again. */
async function setNext(tx: Tx, id: WebhookId, atMs: number | null): Promise<void> {
  await tx.updateTable('webhooks').set({ next_at: atMs }).where('id', '=', id).execute();
}

/** When the next that waits is due; null: nothing waits. */
async function nextDue(tx: Tx, { id, isOrdered }: WebhookRecord): Promise<number | null> {
  const waiting = tx
    .selectFrom('webhook_deliveries')
    .select('due_at as at')
    .where('webhook_id', '=', id)
    .where('due_at', 'is not', null)
    .orderBy(isOrdered ? 'key' : 'due_at')
    .limit(1);
  return (await waiting.executeTakeFirst())?.at ?? null;
}

/** How an attempt has ended, and what follows. */
export interface SettledAttempt {
  readonly hub: HubId;
  readonly attempt: AttemptRecord;
  readonly state: Extract<DeliveryState, 'delivered' | 'retrying' | 'exhausted'>;
  /** Of the next attempt. */
  readonly dueAtMs: number | null;
  readonly nowMs: number;
}

/**
 * Stores the end of an attempt. If another hub has claimed the delivery meanwhile, only a success
 * counts; if its webhook was disabled meanwhile, no further attempt is made.
 */
export async function settleAttempt(
  tx: Tx,
  { key, webhookId }: { readonly key: number; readonly webhookId: WebhookId },
  settled: SettledAttempt,
): Promise<void> {
  const { hub, attempt, dueAtMs, nowMs } = settled;
  const webhook = await tx
    .selectFrom('webhooks')
    .select('state')
    .where('id', '=', webhookId)
    .executeTakeFirst();
  const before = await tx
    .selectFrom('webhook_deliveries')
    .select(['state', 'hub_id', 'tries', 'attempts'])
    .where('key', '=', key)
    .executeTakeFirst();
  // Its webhook was removed.
  if (!webhook || !before) return;
  await insertAttempt(tx, key, attempt);
  await noteAttempt(tx, webhookId, { attempt, nowMs });
  const isOwn = before.state === 'in_flight' && before.hub_id === hub;
  const isDelivered = settled.state === 'delivered';
  const isSkipped = settled.state === 'retrying' && webhook.state === 'disabled';
  const state = isSkipped ? 'skipped' : settled.state;
  const hasEnded = state !== 'retrying';
  await tx
    .updateTable('webhook_deliveries')
    .set({
      attempts: before.attempts + 1,
      status: attempt.status,
      code: isSkipped ? 'webhook_disabled' : attempt.code,
      ...(isOwn || isDelivered
        ? {
            state,
            hub_id: null,
            tries: before.tries + 1,
            due_at: hasEnded ? null : dueAtMs,
            ended_at: hasEnded ? nowMs : null,
          }
        : {}),
    })
    .where('key', '=', key)
    .execute();
}

async function noteAttempt(
  tx: Tx,
  id: WebhookId,
  { attempt, nowMs }: { readonly attempt: AttemptRecord; readonly nowMs: number },
): Promise<void> {
  const update = tx.updateTable('webhooks').where('id', '=', id);
  await (
    attempt.code === null
      ? update.set({ delivered_at: nowMs, failing_since: null, failures: 0, next_at: nowMs })
      : update.set({
          failing_since: sql`coalesce(failing_since, ${nowMs})`,
          failures: sql`failures + 1`,
          next_at: nowMs,
        })
  ).execute();
}

/** Attempts of hubs that are gone are made again, by whoever comes first. */
export async function releaseOfGoneHubs(tx: Tx, nowMs: number): Promise<void> {
  const rows = await tx
    .updateTable('webhook_deliveries')
    .set({ hub_id: null, due_at: nowMs })
    .where('state', '=', 'in_flight')
    .where('hub_id', 'is not', null)
    .where('hub_id', 'not in', tx.selectFrom('hubs').select('id'))
    .returning('webhook_id')
    .execute();
  const ids = [...new Set(rows.map((row) => row.webhook_id))].toSorted();
  for (const id of ids)
    await tx.updateTable('webhooks').set({ next_at: nowMs }).where('id', '=', id).execute();
}
