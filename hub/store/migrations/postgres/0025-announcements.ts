import { type Kysely, sql } from 'kysely';

/** What devices say of themselves, and which description of a device its unit was made of. */
const STATEMENTS = [
  `create table device_announcements (
    device_id text collate "C" not null references devices (id) on delete cascade,
    topic text collate "C" not null, payload text not null, digest text collate "C" not null,
    noted_at bigint not null, primary key (device_id, topic))`,
  'alter table mapped_units add column offer_id text collate "C"',
  'alter table mapped_units add column offer_digest text collate "C"',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
