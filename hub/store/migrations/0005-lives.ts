import { type Kysely, sql } from 'kysely';

/** What tells a log from one that was put back from a copy; of entries that there are, nothing does. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table base_log add column mark text`.execute(db);
  await sql`alter table bases add column log_mark text`.execute(db);
}
