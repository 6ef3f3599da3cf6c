import { type Kysely, sql } from 'kysely';

/** The bytes of firmware images, in parts. Machine code that PostgreSQL need not try to compress. */
const STATEMENTS = [
  `create table firmware_images (
    sha256 text collate "C" not null, part bigint not null, bytes bytea not null,
    primary key (sha256, part))`,
  `alter table firmware_images alter column bytes set storage external`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
