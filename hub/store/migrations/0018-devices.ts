import { type Kysely, sql } from 'kysely';

/** Devices that connect to the hub itself, and what each connects with. */
const STATEMENTS = [
  `create table devices (
    id text primary key, site_id text not null references sites (id), client_id text not null,
    client_key text not null unique, name text not null, topic_space text,
    created_at integer not null, last_seen_at integer) without rowid`,
  `create index devices_by_site on devices (site_id)`,
  `create table device_credentials (
    id text primary key, device_id text not null references devices (id), kind text not null,
    verifier text not null unique, created_at integer not null, expires_at integer,
    last_used_at integer) without rowid`,
  `create index device_credentials_by_device on device_credentials (device_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A crash between this commit and the note that it was done has it run twice.
    const { rows } = await sql`select 1 from sqlite_master where name = 'devices'`.execute(tx);
    if (rows.length > 0) return;
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}
