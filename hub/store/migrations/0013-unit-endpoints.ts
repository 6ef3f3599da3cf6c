import { type Kysely, sql } from 'kysely';
import { AppError } from '#protocol/errors.ts';

const UNIT_COLUMNS = [
  ...['key', 'id', 'site_id', 'name', 'place'],
  ...['base_key', 'base_id', 'host', 'port', 'link'],
  ...['hardware_id', 'identity', 'description'],
  ...['presence_state', 'presence_since', 'presence_code', 'last_contact_at', 'created_at'],
  ...['presence_epoch', 'presence_seq', 'described_epoch', 'described_seq'],
].join(', ');

const COMMAND_COLUMNS = [
  ...['id', 'unit_key', 'unit_id', 'base_id', 'site_id', 'verb', 'operation', 'affordance'],
  ...['input', 'transition_ms', 'seq', 'state', 'code', 'output', 'duplicate', 'issued_by'],
  ...['created_at', 'expires_at', 'due_at', 'ended_at', 'request_hash', 'trace'],
  ...['cancel_requested_at', 'held_at'],
].join(', ');

/** A unit has one way to it, and all that this way needs. Rules of one way bind its own units alone. */
const STATEMENTS = [
  `create table new_units (
    key integer primary key autoincrement, id text not null unique,
    site_id text not null references sites (id) on delete cascade,
    name text not null, place text not null,
    endpoint_kind text not null,
    base_key integer references bases (key) on delete cascade,
    base_id text, host text, port integer, link text,
    device_id text,
    hardware_id text, identity text, description text,
    presence_state text not null, presence_since integer not null, presence_code text,
    last_contact_at integer, created_at integer not null,
    presence_epoch text, presence_seq integer, described_epoch text, described_seq integer,
    check (case endpoint_kind
      when 'base' then base_key is not null and base_id is not null and host is not null
        and port is not null and link is not null and device_id is null
      when 'mqtt_device' then device_id is not null and base_key is null and base_id is null
        and host is null and port is null and link is null
      else false end))`,
  `insert into new_units (endpoint_kind, ${UNIT_COLUMNS}) select 'base', ${UNIT_COLUMNS} from units`,
  // Keys are never used again: readings of a removed unit may still be there under its own.
  `delete from sqlite_sequence where name = 'new_units'`,
  `insert into sqlite_sequence (name, seq)
    select 'new_units', seq from sqlite_sequence where name = 'units'`,
  `drop table units`,
  `alter table new_units rename to units`,
  `create index units_by_site on units (site_id)`,
  `create unique index units_by_address on units (base_key, host, port)
    where base_key is not null`,
  `create unique index units_by_device on units (device_id) where device_id is not null`,

  `create table new_commands (
    id text primary key, unit_key integer not null references units (key) on delete cascade,
    unit_id text not null, base_id text, site_id text not null,
    verb text not null, operation text not null, affordance text not null, input text,
    transition_ms integer, seq integer, state text not null, code text, output text,
    duplicate integer, issued_by text not null, created_at integer not null,
    expires_at integer, due_at integer, ended_at integer, request_hash text not null,
    trace text not null, cancel_requested_at integer, held_at integer) without rowid`,
  `insert into new_commands (${COMMAND_COLUMNS}) select ${COMMAND_COLUMNS} from commands`,
  `drop table commands`,
  `alter table new_commands rename to commands`,
  `create index commands_by_unit on commands (unit_key, id)`,
  `create index commands_by_site on commands (site_id, id)`,
  `create index commands_open on commands (unit_key) where ended_at is null`,
  `create index commands_open_by_seq on commands (base_id, seq) where ended_at is null`,
  `create index commands_ended on commands (ended_at) where ended_at is not null`,
  `create index commands_due on commands (due_at) where due_at is not null`,

  `update site_events set data = json_remove(
      json_set(data, '$.endpoint', json_object('kind', 'base',
        'baseId', json_extract(data, '$.baseId'), 'address', json_extract(data, '$.address'))),
      '$.baseId', '$.address')
    where type = 'unit.added' and json_valid(data)
      and json_type(data, '$.baseId') = 'text' and json_type(data, '$.address') = 'object'`,
];

/**
 * By which way a unit is reached is a variant, of which standing behind a base is one.
 *
 * A table that others refer to is made anew, as SQLite's manual says ("Making other kinds of
 * table schema changes"): without foreign keys, or dropping the old one would empty the others.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`pragma foreign_keys = off`.execute(db);
  try {
    await db.transaction().execute(async (tx) => {
      // A crash between this commit and the note that it was done has it run twice.
      const columns = await sql<{ name: string }>`pragma table_info(units)`.execute(tx);
      if (columns.rows.some(({ name }) => name === 'endpoint_kind')) return;
      for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
      const broken = await sql`pragma foreign_key_check`.execute(tx);
      if (broken.rows.length > 0)
        throw new AppError('internal', { details: { broken: broken.rows } });
    });
  } finally {
    await sql`pragma foreign_keys = on`.execute(db);
  }
}
