import { type Kysely, sql } from 'kysely';

/** The bytes of firmware images, in parts. */
const STATEMENT = `create table if not exists firmware_images (
  sha256 text not null, part integer not null, bytes blob not null,
  primary key (sha256, part))`;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENT).execute(db);
}
