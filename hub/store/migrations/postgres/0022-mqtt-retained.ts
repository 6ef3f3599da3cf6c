import { type Kysely, sql } from 'kysely';

/** Up to which topic a kept subscription was given the retained messages; null: all of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw('alter table mqtt_subscriptions add column retained_after text collate "C"')
    .execute(db);
}
