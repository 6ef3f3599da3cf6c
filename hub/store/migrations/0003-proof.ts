import { type Kysely, sql } from 'kysely';

/** When a session was last given the password; of those there are, nobody knows. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sessions add column proved_at integer not null default 0`.execute(db);
}
