import { type Kysely, sql } from 'kysely';

/** Accounts, certificates and calls of the libpyiotcloud API. */
const STATEMENTS = [
  `create table libpyiotcloud_accounts (
    user_id text collate "C" primary key references users (id) on delete cascade,
    site_id text collate "C" not null references sites (id) on delete cascade,
    token_ids text not null)`,
  `create table kept_certificates (
    credential_id text collate "C" primary key references device_credentials (id) on delete cascade,
    certificate text not null)`,
  `create table board_answers (
    device_id text collate "C" not null references devices (id) on delete cascade,
    call text collate "C" not null, answer text not null, answered_at bigint not null,
    primary key (device_id, call))`,
  `create table board_calls (
    device_id text collate "C" not null references devices (id) on delete cascade,
    api text collate "C" not null, owner text collate "C" not null, ends_at bigint not null,
    primary key (device_id, api))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
