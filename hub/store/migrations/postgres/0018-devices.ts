import { type Kysely, sql } from 'kysely';

/** Devices that connect to the hub itself, and what each connects with. */
const STATEMENTS = [
  `create table devices (
    id text collate "C" primary key, site_id text collate "C" not null references sites (id),
    client_id text collate "C" not null, client_key text collate "C" not null unique,
    name text not null, topic_space text, created_at bigint not null, last_seen_at bigint)`,
  `create index devices_by_site on devices (site_id)`,
  `create table device_credentials (
    id text collate "C" primary key,
    device_id text collate "C" not null references devices (id), kind text not null,
    verifier text collate "C" not null unique, created_at bigint not null, expires_at bigint,
    last_used_at bigint)`,
  `create index device_credentials_by_device on device_credentials (device_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
