import { type Kysely, sql } from 'kysely';

/** As in SQLite, where the tables had to be made anew. */
const STATEMENTS = [
  `alter table units add column endpoint_kind text not null default 'base'`,
  `alter table units alter column endpoint_kind drop default`,
  `alter table units add column device_id text`,
  `alter table units alter column base_key drop not null, alter column base_id drop not null,
    alter column host drop not null, alter column port drop not null,
    alter column link drop not null`,
  `alter table units drop constraint units_base_key_host_port_key`,
  `create unique index units_by_address on units (base_key, host, port)
    where base_key is not null`,
  `create unique index units_by_device on units (device_id) where device_id is not null`,
  `alter table units add constraint units_endpoint check (case endpoint_kind
    when 'base' then base_key is not null and base_id is not null and host is not null
      and port is not null and link is not null and device_id is null
    when 'mqtt_device' then device_id is not null and base_key is null and base_id is null
      and host is null and port is null and link is null
    else false end)`,
  `alter table commands alter column base_id drop not null`,
  `drop index commands_open`,
  `create index commands_open on commands (unit_key) where ended_at is null`,
  `update site_events set data = (data::jsonb - 'baseId' - 'address' || jsonb_build_object('endpoint',
      jsonb_build_object('kind', 'base', 'baseId', data::jsonb -> 'baseId',
        'address', data::jsonb -> 'address')))::text
    where type = 'unit.added' and data like '{%' and data::jsonb ? 'address'`,
];

/** By which way a unit is reached is a variant, of which standing behind a base is one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
