import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table device_logins (
    id text primary key, device_code_hash text not null unique,
    user_code_hash text not null unique, address text not null, shown_address text not null,
    host text not null, program text not null, scope text not null,
    created_at integer not null, expires_at integer not null,
    state text not null, user_id text references users (id) on delete cascade, approval text)`,
  `create index device_logins_by_address on device_logins (address)`,
  `create index device_logins_by_expiry on device_logins (expires_at)`,
];

/** Requests of programs for a token of a person. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
