import { sql } from 'kysely';
import type { MessageId, WebhookId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';

/** Which deliveries are no longer kept. */
export interface DeliveryBounds {
  readonly beforeMs: number;
  /** Of one webhook, the last so many that have ended. */
  readonly perWebhook: number;
  /** Rows that one call removes at most. */
  readonly limit: number;
}

export async function webhookIds(db: Db): Promise<WebhookId[]> {
  const rows = await db.selectFrom('webhooks').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

/** Removes deliveries that have ended and are too old or too many, with their messages. @returns how many */
export async function dropOldDeliveries(
  tx: Tx,
  id: WebhookId,
  { beforeMs, perWebhook, limit }: DeliveryBounds,
): Promise<number> {
  const row = await tx
    .selectFrom('webhook_deliveries')
    .select('key')
    .where('webhook_id', '=', id)
    .orderBy('key', 'desc')
    .offset(perWebhook)
    .limit(1)
    .executeTakeFirst();
  const upTo = row?.key ?? 0;
  const { rows } = await sql<{ message_id: MessageId }>`
    delete from webhook_deliveries where key in (
      select key from webhook_deliveries
      where webhook_id = ${id} and due_at is null and (key <= ${upTo} or created_at < ${beforeMs})
      order by key limit ${limit})
    returning message_id`.execute(tx);
  if (rows.length === 0) return 0;
  const messages = sql.join(rows.map((one) => one.message_id));
  await sql`delete from webhook_messages where id in (${messages}) and ${UNNEEDED}`.execute(tx);
  return rows.length;
}

const UNNEEDED = sql`not exists (
  select 1 from webhook_deliveries where message_id = webhook_messages.id)`;

/** Removes old messages of webhooks that are gone. @returns how many */
export async function dropOldMessages(
  tx: Tx,
  { beforeMs, limit }: { readonly beforeMs: number; readonly limit: number },
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from webhook_messages where id in (
      select id from webhook_messages where created_at < ${beforeMs} and ${UNNEEDED}
      order by created_at limit ${limit})`.execute(tx);
  return Number(numAffectedRows ?? 0);
}
