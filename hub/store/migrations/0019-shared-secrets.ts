import { type Kysely, sql } from 'kysely';

/** What hubs on one database must count together, so that their secrets have one bound. */
const STATEMENTS = [
  `create table attempts (
    kind text not null, key text not null, count integer not null, ends_at integer not null,
    primary key (kind, key)) without rowid`,
  `create index attempts_by_end on attempts (ends_at)`,
  `create table used_assertions (
    base_key integer not null, purpose text not null, id text not null,
    expires_at integer not null, primary key (base_key, purpose, id)) without rowid`,
  `create index used_assertions_by_expiry on used_assertions (expires_at)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A crash between this commit and the note that it was done has it run twice.
    const made = await sql`select 1 from sqlite_master where name = 'attempts'`.execute(tx);
    if (made.rows.length > 0) return;
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}
