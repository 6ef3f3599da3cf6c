import { type Kysely, sql } from 'kysely';

/** The broker: messages, retained ones, sessions with their subscriptions and queues. */
const STATEMENTS = [
  `create table mqtt_sites (
    site_id text primary key references sites (id), seq integer not null,
    subscriptions_rev integer not null, floor integer not null) without rowid`,
  `create table mqtt_messages (
    site_id text not null references sites (id), seq integer not null, hub_id text not null,
    session_key integer, author text not null, topic text not null, payload blob not null,
    qos integer not null, is_retained integer not null, properties text,
    stored_at integer not null, expires_at integer, primary key (site_id, seq)) without rowid`,
  `create table mqtt_retained (
    site_id text not null references sites (id), topic text not null, seq integer not null,
    author text not null, payload blob not null, qos integer not null, properties text,
    stored_at integer not null, expires_at integer, primary key (site_id, topic)) without rowid`,
  `create index mqtt_retained_by_author on mqtt_retained (author)`,
  `create index mqtt_retained_by_end on mqtt_retained (expires_at) where expires_at is not null`,
  `create table mqtt_sessions (
    key integer primary key autoincrement, identity text not null, client_id text not null,
    hub_id text, generation integer not null, expiry_ms integer not null, expires_at integer,
    will text, will_delay_ms integer not null, will_at integer,
    queued integer not null, queued_bytes integer not null, dropped integer not null,
    unique (identity, client_id))`,
  `create index mqtt_sessions_connected on mqtt_sessions (hub_id) where hub_id is not null`,
  `create index mqtt_sessions_by_end on mqtt_sessions (expires_at) where expires_at is not null`,
  `create index mqtt_sessions_by_will on mqtt_sessions (will_at) where will_at is not null`,
  `create table mqtt_subscriptions (
    session_key integer not null references mqtt_sessions (key), filter text not null,
    site_id text not null references sites (id), topic text not null, prefix text not null,
    share text, qos integer not null, no_local integer not null,
    retain_as_published integer not null, identifier integer not null,
    primary key (session_key, filter)) without rowid`,
  `create index mqtt_subscriptions_by_site on mqtt_subscriptions (site_id)`,
  `create table mqtt_queue (
    session_key integer not null references mqtt_sessions (key), site_id text not null,
    seq integer not null, qos integer not null, is_released integer not null,
    may_be_sent integer not null, retain integer not null, prefix text not null,
    identifiers text not null, bytes integer not null,
    primary key (session_key, site_id, seq)) without rowid`,
  `create index mqtt_queue_by_message on mqtt_queue (site_id, seq)`,
  `create table mqtt_received (
    session_key integer not null references mqtt_sessions (key), packet_id integer not null,
    primary key (session_key, packet_id)) without rowid`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A crash between this commit and the note that it was done has it run twice.
    const { rows } = await sql`select 1 from sqlite_master where name = 'mqtt_sites'`.execute(tx);
    if (rows.length > 0) return;
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}
