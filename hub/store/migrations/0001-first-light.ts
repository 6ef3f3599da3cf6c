import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table settings (key text primary key, value text not null) without rowid`,

  `create table users (
    id text primary key, email text not null unique, name text not null,
    password_hash text not null, created_at integer not null)`,
  `create table sessions (
    id text primary key, user_id text not null references users (id) on delete cascade,
    token_hash text not null unique, user_agent text not null, created_at integer not null,
    last_used_at integer not null, expires_at integer not null)`,
  `create index sessions_by_user on sessions (user_id)`,
  `create index sessions_by_expiry on sessions (expires_at)`,
  `create table api_tokens (
    id text primary key, user_id text not null references users (id) on delete cascade,
    token_hash text not null unique, name text not null, scope text not null,
    created_at integer not null, last_used_at integer, expires_at integer)`,
  `create index api_tokens_by_user on api_tokens (user_id)`,

  `create table sites (id text primary key, name text not null, created_at integer not null)`,
  `create table members (
    site_id text not null references sites (id) on delete cascade,
    user_id text not null references users (id) on delete cascade,
    role text not null, since integer not null, layout text not null default '[]',
    primary key (site_id, user_id)) without rowid`,
  `create index members_by_user on members (user_id)`,
  `create table invitations (
    id text primary key, site_id text not null references sites (id) on delete cascade,
    code_hash text not null unique, role text not null,
    invited_by text not null references users (id) on delete cascade,
    created_at integer not null, expires_at integer not null, used_at integer)`,

  `create table claim_codes (
    id text primary key, site_id text not null references sites (id) on delete cascade,
    base_name text not null, secret_hash text not null unique,
    created_by text references users (id) on delete cascade,
    created_at integer not null, expires_at integer not null, base_id text)`,
  `create table bases (
    key integer primary key autoincrement, id text not null unique,
    site_id text not null references sites (id) on delete cascade,
    name text not null, version text not null, public_key text not null,
    created_at integer not null, removed_at integer, last_seen_at integer,
    log_epoch text not null, log_head integer not null default 0,
    log_floor integer not null default 0, log_acked integer not null default 0)`,
  `create index bases_by_site on bases (site_id)`,
  `create table base_log (
    base_key integer not null references bases (key) on delete cascade,
    seq integer not null, type text not null, command_id text, unit_ids text,
    primary key (base_key, seq)) without rowid`,
  `create table event_ranges (
    base_key integer not null references bases (key) on delete cascade,
    epoch text not null, from_seq integer not null, to_seq integer not null,
    primary key (base_key, epoch, from_seq)) without rowid`,

  `create table units (
    key integer primary key autoincrement, id text not null unique,
    base_key integer not null references bases (key) on delete cascade,
    base_id text not null, site_id text not null references sites (id) on delete cascade,
    name text not null, place text not null, host text not null, port integer not null,
    link text not null, hardware_id text, identity text, description text,
    presence_state text not null, presence_since integer not null, presence_code text,
    last_contact_at integer, created_at integer not null,
    presence_epoch text, presence_seq integer, described_epoch text, described_seq integer,
    unique (base_key, host, port))`,
  `create index units_by_site on units (site_id)`,

  // No foreign key: the readings of a removed unit are many, and the sweeper
  // takes them away in small pieces.
  `create table properties (
    key integer primary key autoincrement, unit_key integer not null, name text not null,
    value text not null, measured_at integer not null, received_at integer not null,
    clock text not null, unique (unit_key, name))`,
  `create table desired (
    unit_key integer not null references units (key) on delete cascade,
    property text not null, value text not null, version integer not null,
    command_id text, set_at integer not null,
    primary key (unit_key, property)) without rowid`,
  `create table readings (
    property_key integer not null, boot integer not null, seq integer not null,
    measured_at integer not null, received_at integer not null, value real not null,
    clock integer not null, primary key (property_key, boot, seq)) without rowid`,
  // Carries the value, so that history never leaves the index.
  `create index readings_by_time on readings (property_key, measured_at, value)`,

  `create table reading_gaps (
    key integer primary key,
    unit_key integer not null references units (key) on delete cascade,
    reason text not null, from_ms integer not null, to_ms integer not null,
    count integer not null)`,
  `create index reading_gaps_by_time on reading_gaps (unit_key, from_ms)`,

  `create table commands (
    id text primary key, unit_key integer not null references units (key) on delete cascade,
    unit_id text not null, base_id text not null, site_id text not null,
    verb text not null, operation text not null, affordance text not null, input text,
    transition_ms integer, seq integer, state text not null, code text, output text,
    duplicate integer, issued_by text not null, created_at integer not null,
    expires_at integer, due_at integer, ended_at integer, request_hash text not null,
    trace text not null) without rowid`,
  `create index commands_by_unit on commands (unit_key, id)`,
  `create index commands_by_site on commands (site_id, id)`,
  `create index commands_open on commands (base_id, unit_key) where ended_at is null`,
  `create index commands_open_by_seq on commands (base_id, seq) where ended_at is null`,
  `create index commands_ended on commands (ended_at) where ended_at is not null`,
  `create index commands_due on commands (due_at) where due_at is not null`,
  `create table idempotency_keys (
    caller text not null, key_hash text not null, command_id text not null,
    created_at integer not null, primary key (caller, key_hash)) without rowid`,
  `create index idempotency_keys_by_age on idempotency_keys (created_at)`,
  `create index idempotency_keys_by_command on idempotency_keys (command_id)`,
];

/** Accounts, sites, bases with their log, units, readings, commands. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
