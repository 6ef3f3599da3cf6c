import { type Kysely, sql } from 'kysely';

/** Webhooks of a site: what is sent to which address, and what was answered. */
const STATEMENTS = [
  `create table webhooks (
    id text primary key, site_id text not null references sites (id),
    name text not null, url text not null, events text not null, unit_ids text,
    is_ordered integer not null, secret text not null, old_secret text, old_secret_until integer,
    state text not null, reason text, disabled_at integer, from_rev integer not null,
    created_at integer not null, failing_since integer, failures integer not null,
    delivered_at integer, next_at integer) without rowid`,
  `create index webhooks_by_site on webhooks (site_id)`,
  `create index webhooks_by_next on webhooks (next_at) where next_at is not null`,
  `create table webhook_messages (
    id text primary key, site_id text not null references sites (id),
    type text not null, unit_id text, created_at integer not null, body text not null) without rowid`,
  `create index webhook_messages_by_age on webhook_messages (created_at)`,
  `create table webhook_deliveries (
    key integer primary key autoincrement,
    id text not null unique,
    webhook_id text not null references webhooks (id) on delete cascade,
    message_id text not null references webhook_messages (id),
    state text not null, created_at integer not null, due_at integer, hub_id text,
    tries integer not null, attempts integer not null, ended_at integer, status integer,
    code text)`,
  `create unique index webhook_deliveries_by_message on webhook_deliveries (message_id, webhook_id)`,
  `create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, key)`,
  `create index webhook_deliveries_by_due on webhook_deliveries (webhook_id, due_at)
    where due_at is not null`,
  `create index webhook_deliveries_by_order on webhook_deliveries (webhook_id, key)
    where due_at is not null`,
  `create index webhook_deliveries_by_hub on webhook_deliveries (webhook_id, hub_id)
    where hub_id is not null`,
  `create table webhook_attempts (
    key integer primary key autoincrement,
    delivery_key integer not null references webhook_deliveries (key) on delete cascade,
    at integer not null, duration_ms integer not null, status integer, code text,
    answer text not null, is_cut integer not null)`,
  `create index webhook_attempts_by_delivery on webhook_attempts (delivery_key, key)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A crash between this commit and the note that it was done has it run twice.
    const { rows } = await sql`select 1 from sqlite_master where name = 'webhooks'`.execute(tx);
    if (rows.length > 0) return;
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}
