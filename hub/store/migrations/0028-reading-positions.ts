import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Which readings were stored at which position of a site: `[property key, boot, seq, ...]` for
  // each property. Up to the floor this is not known.
  `create table reading_positions (
    site_id text not null references sites (id) on delete cascade, position integer not null,
    at integer not null, readings text not null, primary key (site_id, position)) without rowid`,
  `alter table sites add column readings_floor integer not null default 0`,
  `update sites set readings_floor = readings_rev`,
];

/** Readings in the order in which they were stored. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
