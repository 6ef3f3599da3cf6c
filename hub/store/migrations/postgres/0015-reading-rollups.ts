import { type Kysely, sql } from 'kysely';

const WEEK_MS = 7 * 86_400_000;
/** The first Monday after 1970 began. */
const FIRST_WEEK_MS = 4 * 86_400_000;
/** Later than any time that JavaScript can show. */
const NOTHING_YET = 8_640_000_000_000_000;

const bucketsOf = (table: string) => `create table ${table} (
    property_key bigint not null, at bigint not null, count bigint not null,
    min float8 not null, max float8 not null, mean float8 not null, last float8 not null,
    last_at bigint not null, primary key (property_key, at))`;

/**
 * The table of readings becomes the first partition, with all that was measured before the
 * coming week: nothing is copied, and no index is built. It is read twice.
 */
const partitioned = (endMs: number) => [
  `alter table readings rename to readings_first`,
  `alter index readings_pkey rename to readings_first_pkey`,
  `alter index readings_by_time rename to readings_first_by_time`,
  `create table readings (
    property_key bigint not null, boot bigint not null, seq bigint not null,
    measured_at bigint not null, received_at bigint not null, value float8 not null,
    clock smallint not null) partition by range (measured_at)`,
  `create index readings_by_time on readings (property_key, measured_at) include (value)`,
  `create table readings_default partition of readings default`,
  `alter table readings_default add primary key (property_key, boot, seq)`,
  `with later as (delete from readings_first where measured_at >= ${endMs} returning *)
    insert into readings_default select * from later`,
  `alter table readings attach partition readings_first for values from (minvalue) to (${endMs})`,
];

const STATEMENTS = [
  bucketsOf('reading_minutes'),
  bucketsOf('reading_hours'),
  `create table dirty_hours (
    property_key bigint not null, hour bigint not null, claim text, claimed_at bigint,
    primary key (property_key, hour))`,
  `create index dirty_hours_by_hour on dirty_hours (hour)`,
  `create table late_readings (
    property_key bigint not null, boot bigint not null, seq bigint not null,
    measured_at bigint not null, value float8 not null,
    primary key (property_key, boot, seq))`,
  `alter table properties add column rolled_up_from bigint not null default 0,
    add column top_boot bigint, add column top_seq bigint, add column top_seq_before bigint`,
  `update properties set rolled_up_from = ${NOTHING_YET}`,
  `create index properties_to_roll_up on properties (key) where rolled_up_from > 0`,
  // Null: for ever. A site that is there keeps everything until a person chooses.
  `alter table sites add column raw_days bigint, add column minute_days bigint,
    add column hour_days bigint, add column raw_floor bigint not null default 0,
    add column minute_floor bigint not null default 0,
    add column hour_floor bigint not null default 0`,
];

/** Readings by the minute and by the hour, and how long each is kept; single ones in partitions. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const weeks = Math.floor((Date.now() - FIRST_WEEK_MS) / WEEK_MS) + 1;
  const endMs = FIRST_WEEK_MS + weeks * WEEK_MS;
  for (const statement of [...STATEMENTS, ...partitioned(endMs)]) {
    await sql.raw(statement).execute(db);
  }
}
