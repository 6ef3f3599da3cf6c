import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // What decides something is a column, not a step of the trace.
  `alter table commands add column cancel_requested_at integer`,
  `alter table commands add column held_at integer`,
  `update commands set cancel_requested_at = created_at
    where ended_at is null and trace like '%"note":"cancel asked"%'`,
  `update commands set held_at = created_at
    where ended_at is null and (state in ('received', 'running')
      or trace like '%"state":"received"%' or trace like '%"state":"running"%')`,
  // Whether a base is connected: which connection, and when the last one was lost.
  `alter table bases add column connection text`,
  `alter table bases add column is_live integer not null default 0`,
  `alter table bases add column left_at integer`,
];

/** Whether somebody wants a command back, whether its base has it, and whether the base is there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
