import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table reading_positions (
    site_id text collate "C" not null references sites (id) on delete cascade,
    position bigint not null, at bigint not null, readings text collate "C" not null,
    primary key (site_id, position))`,
  `alter table sites add column readings_floor bigint not null default 0`,
  `update sites set readings_floor = readings_rev`,
];

/** Readings in the order in which they were stored. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
