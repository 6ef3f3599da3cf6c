import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { newId, SessionId, UserId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { openDatabase } from './engine/sqlite/database.ts';
import { MIGRATIONS, migrate } from './migrations.ts';
import { findSessionByHash } from './sessions.ts';

async function startedWith(names: readonly string[]) {
  const db = openDatabase(temporaryFolder(atTestEnd));
  atTestEnd.add(() => db.destroy());
  const steps = Object.entries(MIGRATIONS).filter(([name]) => names.includes(name));
  expect(await migrate(db, Object.fromEntries(steps))).toEqual(names);
  return db;
}

it('brings the data of the first hub along', async () => {
  const db = await startedWith(['0001-first-light']);
  const user = newId(UserId);
  await sql`insert into users values (${user}, 'ada@example.org', 'Ada', 'x', 1)`.execute(db);
  await sql`insert into sessions values (${newId(SessionId)}, ${user}, 'hash', 'browser', 1, 2, 3)`.execute(
    db,
  );
  expect(await migrate(db)).toEqual(Object.keys(MIGRATIONS).slice(1));
  // Nobody knows when its person last gave the password.
  expect(await findSessionByHash(db, 'hash')).toMatchObject({
    userId: user,
    reauthenticatedAtMs: 0,
  });
  expect(await db.selectFrom('firmware').selectAll().execute()).toEqual([]);
});

it('migrates a hub that has had the firmware since its first step', async () => {
  const db = await startedWith(['0001-first-light', '0002-firmware']);
  // Its tables are there, and nothing says that the step was taken.
  await sql`delete from kysely_migration where name = '0002-firmware'`.execute(db);
  await sql`insert into sites values ('s', 'Home', 1)`.execute(db);
  await sql`insert into firmware_keys values ('s', 'key')`.execute(db);
  expect(await migrate(db)).toEqual(Object.keys(MIGRATIONS).slice(1));
  expect(await db.selectFrom('firmware_keys').select('key').execute()).toEqual([{ key: 'key' }]);
});
