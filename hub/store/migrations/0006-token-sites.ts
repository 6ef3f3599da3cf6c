import { type Kysely, sql } from 'kysely';

/** Tokens that are for certain sites; each that there is, is for all of its person. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table api_tokens add column site_ids text`.execute(db);
}
