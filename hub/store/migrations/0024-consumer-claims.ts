import { type Kysely, sql } from 'kysely';

/** The hub that does the work of a consumer in a site. */
const STATEMENT = 'alter table event_dirty add column hub_id text';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENT).execute(db);
}
