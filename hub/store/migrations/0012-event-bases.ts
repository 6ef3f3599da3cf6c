import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table site_events add column base_id text',
  `update site_events set base_id = case when json_valid(data) then json_extract(data, '$.baseId') end
    where type in ('base.added', 'base.changed', 'base.removed', 'base.presence_changed',
      'unit.added', 'unit.removed')`,
  `create index site_events_by_base on site_events (site_id, base_id, rev)
    where base_id is not null`,
];

/** Events by the base that they are about. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
