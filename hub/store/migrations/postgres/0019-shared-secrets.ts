import { type Kysely, sql } from 'kysely';

/** What hubs on one database must count together, so that their secrets have one bound. */
const STATEMENTS = [
  `create table attempts (
    kind text collate "C" not null, key text collate "C" not null, count bigint not null,
    ends_at bigint not null, primary key (kind, key))`,
  `create index attempts_by_end on attempts (ends_at)`,
  `create table used_assertions (
    base_key bigint not null, purpose text collate "C" not null, id text collate "C" not null,
    expires_at bigint not null, primary key (base_key, purpose, id))`,
  `create index used_assertions_by_expiry on used_assertions (expires_at)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
