import { type Kysely, sql } from 'kysely';

/** Hubs that run on this database, and which of them has the connection of a base. */
const STATEMENTS = [
  `create table hubs (
    id text primary key, started_at integer not null, expires_at integer not null) without rowid`,
  `alter table bases add column hub_id text`,
  `alter table bases add column presence text not null default 'unknown'`,
  `alter table bases add column presence_since integer not null default 0`,
  `create index bases_connected on bases (hub_id) where connection is not null`,
  `create index bases_leaving on bases (left_at)
    where presence = 'online' and connection is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A crash between this commit and the note that it was done has it run twice.
    const { rows } = await sql`select 1 from sqlite_master where name = 'hubs'`.execute(tx);
    if (rows.length > 0) return;
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}
