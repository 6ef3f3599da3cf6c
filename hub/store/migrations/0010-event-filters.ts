import { type Kysely, sql } from 'kysely';

const ACTOR = "case when json_valid(actor) then json_extract(actor, '$.id') end";
const IS_PERSON = "case when json_valid(actor) then json_extract(actor, '$.kind') end = 'person'";
const DATA = (path: string) => `case when json_valid(data) then json_extract(data, '${path}') end`;

const STATEMENTS = [
  // What events are looked for by is a column, and has an index where few of them fit.
  'alter table site_events add column actor_id text',
  'alter table site_events add column person_id text',
  'alter table site_events add column outcome text',
  `update site_events set actor_id = ${ACTOR}`,
  `update site_events set person_id = case when ${IS_PERSON} then actor_id
    else (select user_id from api_tokens where id = actor_id) end`,
  `update site_events set person_id = case ${DATA('$.issuedBy.kind')}
    when 'person' then ${DATA('$.issuedBy.id')}
    else (select user_id from api_tokens where id = ${DATA('$.issuedBy.id')}) end
    where type = 'command.ended' and person_id is null`,
  `update site_events set outcome = case ${DATA('$.state')}
    when 'succeeded' then 'succeeded' when 'cancelled' then 'cancelled'
    when 'superseded' then 'cancelled' else 'failed' end
    where type = 'command.ended' and coalesce(${DATA('$.code')}, '') <> 'unconfirmed'`,
  `update site_events set outcome = 'failed' where type = 'readings.gap_declared'
    or (type in ('unit.presence_changed', 'base.presence_changed')
      and ${DATA('$.state')} in ('lost', 'offline'))
    or (type = 'unit.update_changed' and ${DATA('$.state')} in ('failed', 'rolled_back'))
    or (type = 'rollout.changed' and ${DATA('$.state')} = 'stopped')`,
  `update site_events set outcome = 'succeeded'
    where (type = 'unit.update_changed' and ${DATA('$.state')} = 'confirmed')
    or (type = 'rollout.changed' and ${DATA('$.state')} = 'finished')`,
  `update site_events set outcome = 'cancelled'
    where (type = 'unit.update_changed' and ${DATA('$.state')} = 'cancelled')
    or (type = 'rollout.changed' and ${DATA('$.state')} = 'aborted')`,
  `create index site_events_by_unit on site_events (site_id, unit_id, rev)
    where unit_id is not null`,
  `create index site_events_by_person on site_events (site_id, person_id, rev)
    where person_id is not null`,
  // A query that says the same condition word for word finds these two.
  `create index site_events_failed on site_events (site_id, rev) where outcome = 'failed'`,
  `create index site_events_seldom on site_events (site_id, rev, type)
    where type not in ('command.issued', 'command.ended', 'property.changed', 'unit.event', 'unit.presence_changed')`,
];

/** Events by who is behind them, and by what became of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
