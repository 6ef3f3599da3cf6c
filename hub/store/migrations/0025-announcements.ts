import { type Kysely, sql } from 'kysely';

/** What devices say of themselves, and which description of a device its unit was made of. */
const STATEMENTS = [
  `create table device_announcements (
    device_id text not null references devices (id) on delete cascade, topic text not null,
    payload text not null, digest text not null, noted_at integer not null,
    primary key (device_id, topic)) without rowid`,
  'alter table mapped_units add column offer_id text',
  'alter table mapped_units add column offer_digest text',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A crash between this commit and the note that it was done has it run twice.
    const { rows } =
      await sql`select 1 from sqlite_master where name = 'device_announcements'`.execute(tx);
    if (rows.length > 0) return;
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}
