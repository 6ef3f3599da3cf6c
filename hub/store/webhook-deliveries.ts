import type { Selectable } from 'kysely';
import {
  DeliveryId,
  type MessageId,
  type SiteId,
  type UnitId,
  type WebhookId,
  newId,
} from '#protocol/ids.ts';
import type { DeliveryCode, DeliveryState } from '#protocol/webhook/webhook-state.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';
import type {
  WebhookAttemptsTable,
  WebhookDeliveriesTable,
  WebhookMessagesTable,
} from './schema/webhooks.ts';

/** What is sent, once for all webhooks. */
export interface MessageRecord {
  readonly id: MessageId;
  readonly siteId: SiteId;
  readonly type: string;
  readonly unitId: UnitId | null;
  readonly createdAtMs: number;
  /** As it is sent. */
  readonly body: string;
}

/** A message for one webhook. */
export interface DeliveryRecord {
  readonly key: number;
  readonly id: DeliveryId;
  readonly webhookId: WebhookId;
  readonly messageId: MessageId;
  readonly type: string;
  readonly unitId: UnitId | null;
  readonly state: DeliveryState;
  readonly createdAtMs: number;
  readonly dueAtMs: number | null;
  readonly attempts: number;
  readonly endedAtMs: number | null;
  readonly status: number | null;
  readonly code: DeliveryCode | null;
}

export interface AttemptRecord {
  readonly atMs: number;
  readonly durationMs: number;
  readonly status: number | null;
  /** Null: it was delivered. */
  readonly code: DeliveryCode | null;
  readonly answer: string;
  readonly isCut: boolean;
}

const insertedMessage = prepared<WebhookMessagesTable>()((db, slot) =>
  db
    .insertInto('webhook_messages')
    .values({
      id: slot('id'),
      site_id: slot('site_id'),
      type: slot('type'),
      unit_id: slot('unit_id'),
      created_at: slot('created_at'),
      body: slot('body'),
    })
    .onConflict((conflict) => conflict.column('id').doNothing()),
);

type NewDelivery = Omit<WebhookDeliveriesTable, 'key' | 'hub_id' | 'tries' | 'attempts' | 'status'>;

const insertedDelivery = prepared<NewDelivery>()((db, slot) =>
  db
    .insertInto('webhook_deliveries')
    .values({
      id: slot('id'),
      webhook_id: slot('webhook_id'),
      message_id: slot('message_id'),
      state: slot('state'),
      created_at: slot('created_at'),
      due_at: slot('due_at'),
      hub_id: null,
      tries: 0,
      attempts: 0,
      ended_at: slot('ended_at'),
      status: null,
      code: slot('code'),
    })
    .onConflict((conflict) => conflict.columns(['message_id', 'webhook_id']).doNothing()),
);

/** Stores a message; one that is there already stays as it is. */
export async function putMessage(tx: Tx, message: MessageRecord): Promise<void> {
  await insertedMessage.run(tx, {
    id: message.id,
    site_id: message.siteId,
    type: message.type,
    unit_id: message.unitId,
    created_at: message.createdAtMs,
    body: message.body,
  });
}

/**
 * A message for a webhook, once.
 *
 * @param skipped why it is not sent; undefined: it is due now.
 */
export async function putDelivery(
  tx: Tx,
  delivery: {
    readonly webhookId: WebhookId;
    readonly messageId: MessageId;
    readonly nowMs: number;
    readonly skipped: DeliveryCode | undefined;
  },
): Promise<void> {
  const { webhookId, messageId, nowMs, skipped } = delivery;
  await insertedDelivery.run(tx, {
    id: newId(DeliveryId, nowMs),
    webhook_id: webhookId,
    message_id: messageId,
    state: skipped === undefined ? 'pending' : 'skipped',
    created_at: nowMs,
    due_at: skipped === undefined ? nowMs : null,
    ended_at: skipped === undefined ? null : nowMs,
    code: skipped ?? null,
  });
}

/** Messages on their way to a webhook. */
export async function countWaiting(db: Db, id: WebhookId): Promise<number> {
  const { count } = await db
    .selectFrom('webhook_deliveries')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('webhook_id', '=', id)
    .where('due_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
}

const DELIVERY_COLUMNS = [
  'webhook_deliveries.key',
  'webhook_deliveries.id',
  'webhook_deliveries.webhook_id',
  'webhook_deliveries.message_id',
  'webhook_deliveries.state',
  'webhook_deliveries.created_at',
  'webhook_deliveries.due_at',
  'webhook_deliveries.attempts',
  'webhook_deliveries.ended_at',
  'webhook_deliveries.status',
  'webhook_deliveries.code',
  'webhook_messages.type',
  'webhook_messages.unit_id',
] as const;

type DeliveryRow = Omit<Selectable<WebhookDeliveriesTable>, 'hub_id' | 'tries'> &
  Pick<WebhookMessagesTable, 'type' | 'unit_id'>;

function deliveryOf(row: DeliveryRow): DeliveryRecord {
  return {
    key: row.key,
    id: row.id,
    webhookId: row.webhook_id,
    messageId: row.message_id,
    type: row.type,
    unitId: row.unit_id,
    state: row.state,
    createdAtMs: row.created_at,
    dueAtMs: row.due_at,
    attempts: row.attempts,
    endedAtMs: row.ended_at,
    status: row.status,
    code: row.code,
  };
}

/** The deliveries of a webhook, the newest first. */
export async function deliveriesOf(
  db: Db,
  id: WebhookId,
  page: {
    readonly state?: DeliveryState | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  },
): Promise<DeliveryRecord[]> {
  const { state, before, limit } = page;
  const rows = await db
    .selectFrom('webhook_deliveries')
    .innerJoin('webhook_messages', 'webhook_messages.id', 'webhook_deliveries.message_id')
    .select(DELIVERY_COLUMNS)
    .where('webhook_deliveries.webhook_id', '=', id)
    .$if(state !== undefined, (query) =>
      query.where('webhook_deliveries.state', '=', state ?? 'pending'),
    )
    .$if(before !== undefined, (query) => query.where('webhook_deliveries.key', '<', before ?? 0))
    .orderBy('webhook_deliveries.key', 'desc')
    .limit(limit)
    .execute();
  return rows.map(deliveryOf);
}

/** A delivery with what is sent. */
export async function findDelivery(
  db: Db,
  id: DeliveryId,
): Promise<(DeliveryRecord & { readonly body: string }) | undefined> {
  const row = await db
    .selectFrom('webhook_deliveries')
    .innerJoin('webhook_messages', 'webhook_messages.id', 'webhook_deliveries.message_id')
    .select([...DELIVERY_COLUMNS, 'webhook_messages.body'])
    .where('webhook_deliveries.id', '=', id)
    .executeTakeFirst();
  return row && { ...deliveryOf(row), body: row.body };
}

export async function findDeliveryOf(
  db: Db,
  of: { readonly webhookId: WebhookId; readonly messageId: MessageId },
): Promise<DeliveryId | undefined> {
  const row = await db
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('message_id', '=', of.messageId)
    .where('webhook_id', '=', of.webhookId)
    .executeTakeFirst();
  return row?.id;
}

/** The last attempts of a delivery, the oldest first. */
export async function attemptsOf(db: Db, key: number, limit: number): Promise<AttemptRecord[]> {
  const rows = await db
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('delivery_key', '=', key)
    .orderBy('key', 'desc')
    .limit(limit)
    .execute();
  return rows.toReversed().map(attemptOf);
}

function attemptOf(row: Selectable<WebhookAttemptsTable>): AttemptRecord {
  return {
    atMs: row.at,
    durationMs: row.duration_ms,
    status: row.status,
    code: row.code,
    answer: row.answer,
    isCut: row.is_cut === 1,
  };
}

export async function insertAttempt(tx: Tx, key: number, attempt: AttemptRecord): Promise<void> {
  await tx
    .insertInto('webhook_attempts')
    .values({
      delivery_key: key,
      at: attempt.atMs,
      duration_ms: attempt.durationMs,
      status: attempt.status,
      code: attempt.code,
      answer: attempt.answer,
      is_cut: Number(attempt.isCut),
    })
    .execute();
}

/** As if it had just come; its attempts stay in the log. */
const DUE_AGAIN = {
  state: 'pending',
  hub_id: null,
  tries: 0,
  ended_at: null,
  status: null,
  code: null,
} as const;

/** It is sent again. */
export async function resendDelivery(tx: Tx, key: number, nowMs: number): Promise<void> {
  await tx
    .updateTable('webhook_deliveries')
    .set({ ...DUE_AGAIN, due_at: nowMs })
    .where('key', '=', key)
    .execute();
}

/** Which deliveries are sent again. */
export interface Replay {
  readonly webhookId: WebhookId;
  readonly sinceMs: number;
  readonly states: readonly DeliveryState[];
  readonly nowMs: number;
  readonly limit: number;
}

/** The oldest of them are sent again. @returns how many */
export async function replayDeliveries(tx: Tx, replay: Replay): Promise<number> {
  const { webhookId, sinceMs, states, nowMs, limit } = replay;
  const rows = await tx
    .selectFrom('webhook_deliveries')
    .select('key')
    .where('webhook_id', '=', webhookId)
    .where('state', 'in', states)
    .where('created_at', '>=', sinceMs)
    .where('due_at', 'is', null)
    // What was replayed just now and has ended since is not replayed once more.
    .where('ended_at', '<', nowMs)
    .orderBy('key')
    .limit(limit)
    .execute();
  const keys = rows.map(({ key }) => key);
  for (let at = 0; at < keys.length; at += KEYS) {
    await tx
      .updateTable('webhook_deliveries')
      .set({ ...DUE_AGAIN, due_at: nowMs })
      .where('key', 'in', keys.slice(at, at + KEYS))
      .execute();
  }
  return keys.length;
}

/** Parameters of one statement. */
const KEYS = 500;

/** It is given up. */
export async function cancelDelivery(tx: Tx, key: number, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('webhook_deliveries')
    .set({ state: 'cancelled', due_at: null, hub_id: null, ended_at: nowMs })
    .where('key', '=', key)
    .where('state', 'in', ['pending', 'retrying'])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** What waits for a webhook that is disabled is skipped; an attempt in flight ends by itself. */
export async function skipWaiting(tx: Tx, id: WebhookId, nowMs: number): Promise<void> {
  await tx
    .updateTable('webhook_deliveries')
    .set({ state: 'skipped', code: 'webhook_disabled', due_at: null, ended_at: nowMs })
    .where('webhook_id', '=', id)
    .where('due_at', 'is not', null)
    .where('state', 'in', ['pending', 'retrying'])
    .execute();
}
