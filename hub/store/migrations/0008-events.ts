import { type Kysely, sql } from 'kysely';
import { Epoch, newId } from '#protocol/ids.ts';

const STATEMENTS = [
  // The head of a site's events is raised in the transaction that stores them; up to
  // the floor they are not all kept. `readings_rev` counts the transactions that stored
  // readings, and the latest values say of which they are.
  `alter table sites add column rev integer not null default 0`,
  `alter table sites add column epoch text not null default ''`,
  `alter table sites add column events_floor integer not null default 0`,
  `alter table sites add column readings_rev integer not null default 0`,
  `alter table properties add column readings_rev integer not null default 0`,
  `alter table users add column events_rev integer not null default 0`,

  `create table site_events (
    site_id text not null references sites (id) on delete cascade, rev integer not null,
    type text not null, v integer not null, at integer not null, actor text not null,
    unit_id text, data text not null, primary key (site_id, rev)) without rowid`,
  `create table account_events (
    user_id text not null references users (id) on delete cascade, rev integer not null,
    type text not null, v integer not null, at integer not null, actor text not null,
    data text not null, primary key (user_id, rev)) without rowid`,

  `create table event_cursors (
    consumer text not null, site_id text not null references sites (id) on delete cascade,
    epoch text not null, rev integer not null, primary key (consumer, site_id)) without rowid`,
  `create table event_dirty (
    consumer text not null, site_id text not null references sites (id) on delete cascade,
    primary key (consumer, site_id)) without rowid`,
];

/** Events of sites and accounts, and who follows them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  const { rows } = await sql<{ id: string }>`select id from sites`.execute(db);
  for (const { id } of rows) {
    await sql`update sites set epoch = ${newId(Epoch)} where id = ${id}`.execute(db);
  }
}
