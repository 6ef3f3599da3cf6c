import { type Kysely, sql } from 'kysely';

/** Accounts, certificates and calls of the libpyiotcloud API. */
const STATEMENTS = [
  `create table libpyiotcloud_accounts (
    user_id text primary key references users (id) on delete cascade,
    site_id text not null references sites (id) on delete cascade,
    token_ids text not null) without rowid`,
  `create table kept_certificates (
    credential_id text primary key references device_credentials (id) on delete cascade,
    certificate text not null) without rowid`,
  `create table board_answers (
    device_id text not null references devices (id) on delete cascade,
    call text not null, answer text not null, answered_at integer not null,
    primary key (device_id, call)) without rowid`,
  `create table board_calls (
    device_id text not null references devices (id) on delete cascade,
    api text not null, owner text not null, ends_at integer not null,
    primary key (device_id, api)) without rowid`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A crash between this commit and the note that it was done has it run twice.
    const { rows } = await sql`select 1 from sqlite_master where name = 'board_calls'`.execute(tx);
    if (rows.length > 0) return;
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}
