import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { newId, SessionId, UserId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '../../test/harness/cleanup.ts';
import { openDatabase } from './database.ts';
import { MIGRATIONS, migrate } from './migrations.ts';
import { findSessionByHash } from './sessions.ts';

it('brings the data of the first hub along', async () => {
  const db = openDatabase(temporaryFolder(atTestEnd));
  atTestEnd.add(() => db.destroy());
  const [[first, step] = []] = Object.entries(MIGRATIONS);
  expect(first && step && (await migrate(db, { [first]: step }))).toEqual(['0001-first-light']);
  const user = newId(UserId);
  await sql`insert into users values (${user}, 'ada@example.org', 'Ada', 'x', 1)`.execute(db);
  await sql`insert into sessions values (${newId(SessionId)}, ${user}, 'hash', 'browser', 1, 2, 3)`.execute(
    db,
  );
  expect(await migrate(db)).toEqual(Object.keys(MIGRATIONS).slice(1));
  // Nobody knows when its person last gave the password.
  expect(await findSessionByHash(db, 'hash')).toMatchObject({ user_id: user, proved_at: 0 });
  expect(await db.selectFrom('firmware').selectAll().execute()).toEqual([]);
});
