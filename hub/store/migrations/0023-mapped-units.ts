import { type Kysely, sql } from 'kysely';

/** Units that are devices: how their messages are read, and commands on their way to them. */
const STATEMENTS = [
  `create table mapped_units (
    epoch text primary key,
    unit_key integer not null unique references units (key) on delete cascade,
    mapping text not null, reports integer not null, packets text not null) without rowid`,
  `create table device_commands (
    key integer primary key autoincrement, command_id text not null unique,
    unit_key integer not null references units (key) on delete cascade,
    device_id text not null, hub_id text, session_key integer, generation integer,
    is_recalled integer not null)`,
  `create index device_commands_by_device on device_commands (device_id, key)`,
  `create index device_commands_by_hub on device_commands (hub_id) where hub_id is not null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A crash between this commit and the note that it was done has it run twice.
    const { rows } = await sql`select 1 from sqlite_master where name = 'mapped_units'`.execute(tx);
    if (rows.length > 0) return;
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}
