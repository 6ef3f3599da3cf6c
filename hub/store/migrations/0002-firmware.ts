import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table if not exists firmware (
    id text primary key, site_id text not null references sites (id) on delete cascade,
    sha256 text not null, file_bytes integer not null, manifest blob not null,
    key_id integer not null, signature blob not null, model text not null,
    uploaded_by text not null, uploaded_at integer not null, unique (site_id, sha256))`,
  `create index if not exists firmware_by_file on firmware (sha256)`,
  `create table if not exists firmware_keys (
    site_id text not null references sites (id) on delete cascade, key text not null,
    primary key (site_id, key)) without rowid`,
  `create table if not exists rollouts (
    id text primary key, site_id text not null references sites (id) on delete cascade,
    firmware_id text, model text not null, version text not null, plan text not null,
    state text not null, step integer not null, hold text, next_step_at integer,
    started_by text not null, created_at integer not null, ended_at integer)`,
  `create index if not exists rollouts_by_site on rollouts (site_id, id)`,
  `create index if not exists rollouts_by_firmware on rollouts (firmware_id)`,
  `create index if not exists rollouts_open on rollouts (id) where ended_at is null`,
  `create table if not exists unit_updates (
    id text primary key, rollout_id text not null references rollouts (id) on delete cascade,
    unit_key integer not null references units (key) on delete cascade, unit_id text not null,
    position integer not null, is_canary integer not null, from_version text not null,
    state text not null, code text, step integer, is_newest integer not null,
    is_ordered integer not null, changed_at integer not null, steps text not null,
    told_epoch text, told_seq integer, unique (rollout_id, position))`,
  `create index if not exists unit_updates_by_unit on unit_updates (unit_key)`,
  `create unique index if not exists unit_updates_newest on unit_updates (unit_key) where is_newest = 1`,
  `create unique index if not exists unit_updates_ordered on unit_updates (unit_key) where is_ordered = 1`,
];

/**
 * Signed firmware, the keys that a site trusts, and rollouts of it to units.
 * Some hubs have all of it from their first step, which it was a part of.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
