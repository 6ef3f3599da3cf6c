import { type Kysely, sql } from 'kysely';

const bucketsOf = (table: string) => `create table ${table} (
    property_key integer not null, at integer not null, count integer not null,
    min real not null, max real not null, mean real not null, last real not null,
    last_at integer not null, primary key (property_key, at)) without rowid`;

/** Later than any time that JavaScript can show. */
const NOTHING_YET = 8_640_000_000_000_000;

const STATEMENTS = [
  bucketsOf('reading_minutes'),
  bucketsOf('reading_hours'),
  `create table dirty_hours (
    property_key integer not null, hour integer not null, claim text, claimed_at integer,
    primary key (property_key, hour)) without rowid`,
  `create index dirty_hours_by_hour on dirty_hours (hour)`,
  `create table late_readings (
    property_key integer not null, boot integer not null, seq integer not null,
    measured_at integer not null, value real not null,
    primary key (property_key, boot, seq)) without rowid`,
  `alter table properties add column rolled_up_from integer not null default 0`,
  `alter table properties add column top_boot integer`,
  `alter table properties add column top_seq integer`,
  `alter table properties add column top_seq_before integer`,
  `update properties set rolled_up_from = ${NOTHING_YET}`,
  `create index properties_to_roll_up on properties (key) where rolled_up_from > 0`,
  // Null: for ever. A site that is there keeps everything until a person chooses.
  `alter table sites add column raw_days integer`,
  `alter table sites add column minute_days integer`,
  `alter table sites add column hour_days integer`,
  `alter table sites add column raw_floor integer not null default 0`,
  `alter table sites add column minute_floor integer not null default 0`,
  `alter table sites add column hour_floor integer not null default 0`,
];

/** Readings by the minute and by the hour, and how long each is kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A crash between this commit and the note that it was done has it run twice.
    const made = await sql`select 1 from sqlite_master where name = 'reading_minutes'`.execute(tx);
    if (made.rows.length > 0) return;
    for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
  });
}
