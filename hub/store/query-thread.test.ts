import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../testing/test-hub.ts';
import { databaseFile, openDatabase } from './database.ts';
import { QueryThread } from './query-thread.ts';

const One = z.object({ one: z.number() });
/** Counts to a million within SQLite, which takes a while. */
const SLOW = sql`
  with recursive count (one) as (select 1 union all select one + 1 from count where one < 1000000)
  select max(one) as one from count`;

function open(): QueryThread {
  const folder = temporaryFolder(onTestFinished);
  const db = openDatabase(folder);
  onTestFinished(() => db.destroy());
  const thread = new QueryThread({
    db,
    file: databaseFile(folder),
    log: pino({ level: 'silent' }),
  });
  onTestFinished(() => thread.close());
  return thread;
}

it('lets the event loop go on while a query runs', async () => {
  const thread = open();
  await thread.rows(One, sql`select 1 as one`);
  let turns = 0;
  let running = true;
  const turn = (): void => {
    turns += 1;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await thread.rows(One, SLOW)).toEqual([{ one: 1_000_000 }]);
  running = false;
  expect(turns).toBeGreaterThan(10);
});

it('fails a wrong query alone, and cannot write', async () => {
  const thread = open();
  await expect(thread.rows(One, sql`select nonsense`)).rejects.toMatchObject({ code: 'internal' });
  const write = thread.rows(One, sql`create table written (one integer) returning one`);
  await expect(write).rejects.toMatchObject({ code: 'internal' });
  const bound = thread.rows(One, sql`select cast(${41} as integer) + 1 as one`);
  expect(await bound).toEqual([{ one: 42 }]);
});

it('refuses what is more than may wait, and all of it once it is closed', async () => {
  const thread = open();
  const asked = Array.from({ length: 202 }, () => thread.rows(One, SLOW));
  const settled = Promise.allSettled(asked);
  await expect(asked[201]).rejects.toMatchObject({ code: 'overloaded' });
  await thread.close();
  await thread.close();
  const ends = (await settled).slice(0, 201);
  expect(
    ends.map(
      (end) => end.status === 'rejected' && z.object({ code: z.string() }).parse(end.reason).code,
    ),
  ).toEqual(Array.from({ length: 201 }, () => 'not_ready'));
  await expect(thread.rows(One, SLOW)).rejects.toMatchObject({ code: 'not_ready' });
});
