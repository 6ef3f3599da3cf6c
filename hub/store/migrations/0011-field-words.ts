import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `alter table sessions rename column proved_at to reauthenticated_at`,
  `alter table properties rename column told_epoch to reported_epoch`,
  `alter table properties rename column told_seq to reported_seq`,
  `alter table unit_updates rename column told_epoch to reported_epoch`,
  `alter table unit_updates rename column told_seq to reported_seq`,
  // The code of a command whose outcome nobody knows.
  `update commands set code = 'outcome_unknown' where code = 'in_doubt'`,
  `update commands set trace = replace(trace, '"code":"in_doubt"', '"code":"outcome_unknown"')
    where trace like '%"code":"in_doubt"%'`,
  `update site_events set data = replace(data, '"code":"in_doubt"', '"code":"outcome_unknown"')
    where data like '%"code":"in_doubt"%'`,
];

/** Columns and an error code by the names that code and API have for them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
