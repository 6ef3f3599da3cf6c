import { type Kysely, sql } from 'kysely';

/** Up to which topic a kept subscription was given the retained messages; null: all of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // A crash between this commit and the note that it was done has it run twice.
  const { rows } = await sql`
    select 1 from pragma_table_info('mqtt_subscriptions') where name = 'retained_after'
  `.execute(db);
  if (rows.length > 0) return;
  await sql.raw('alter table mqtt_subscriptions add column retained_after text').execute(db);
}
