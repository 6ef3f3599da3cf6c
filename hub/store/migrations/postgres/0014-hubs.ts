import { type Kysely, sql } from 'kysely';

/** Hubs that run on this database, and which of them has the connection of a base. */
const STATEMENTS = [
  `create table hubs (
    id text collate "C" primary key, started_at bigint not null, expires_at bigint not null)`,
  `alter table bases add column hub_id text collate "C",
    add column presence text not null default 'unknown',
    add column presence_since bigint not null default 0`,
  `create index bases_connected on bases (hub_id) where connection is not null`,
  `create index bases_leaving on bases (left_at)
    where presence = 'online' and connection is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
