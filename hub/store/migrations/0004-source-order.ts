import { type Kysely, sql } from 'kysely';

/** Where the value in force stands in the order of its source; of those there are, nobody knows. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table properties add column boot integer`.execute(db);
  await sql`alter table properties add column sample integer`.execute(db);
  await sql`alter table properties add column told_epoch text`.execute(db);
  await sql`alter table properties add column told_seq integer`.execute(db);
}
