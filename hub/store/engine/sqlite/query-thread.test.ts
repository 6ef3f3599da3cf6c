import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../../testing/test-hub.ts';
import { databaseFile, openDatabase } from './database.ts';
import { QueryThread } from './query-thread.ts';

const One = z.object({ one: z.number() });
const BOARD = { owner: 'ada', pool: 'board' } as const;
const HISTORY = { owner: 'ada', pool: 'history' } as const;
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

it('does not block the event loop while a query runs', async () => {
  const thread = open();
  await thread.rows(One, sql`select 1 as one`, BOARD);
  let turns = 0;
  let running = true;
  const turn = (): void => {
    turns += 1;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await thread.rows(One, SLOW, BOARD)).toEqual([{ one: 1_000_000 }]);
  running = false;
  expect(turns).toBeGreaterThan(10);
});

it('fails a wrong query alone, and cannot write', async () => {
  const thread = open();
  await expect(thread.rows(One, sql`select nonsense`, BOARD)).rejects.toMatchObject({
    code: 'internal',
  });
  const write = thread.rows(One, sql`create table written (one integer) returning one`, BOARD);
  await expect(write).rejects.toMatchObject({ code: 'internal' });
  const bound = thread.rows(One, sql`select cast(${41} as integer) + 1 as one`, BOARD);
  expect(await bound).toEqual([{ one: 42 }]);
});

it('refuses what is more than may wait, and all of it once it is closed', async () => {
  const thread = open();
  const requested = Array.from({ length: 202 }, () => thread.rows(One, SLOW, BOARD));
  const settled = Promise.allSettled(requested);
  await expect(requested[201]).rejects.toMatchObject({ code: 'overloaded' });
  await thread.close();
  await thread.close();
  const ends = (await settled).slice(0, 201);
  expect(
    ends.map(
      (end) => end.status === 'rejected' && z.object({ code: z.string() }).parse(end.reason).code,
    ),
  ).toEqual(Array.from({ length: 201 }, () => 'not_ready'));
  await expect(thread.rows(One, SLOW, BOARD)).rejects.toMatchObject({ code: 'not_ready' });
});

it('keeps no board waiting for a history, whatever runs and waits there', async () => {
  const thread = open();
  let ended = 0;
  const histories = Promise.allSettled(
    Array.from({ length: 100 }, async () => {
      await thread.rows(One, SLOW, HISTORY);
      ended += 1;
    }),
  );
  expect(await thread.rows(One, sql`select 1 as one`, BOARD)).toEqual([{ one: 1 }]);
  expect(ended).toBeLessThan(100);
  expect(thread.size).toBe(100 - ended);
  await thread.close();
  await histories;
});

it('gives the turns of a queue round between owners', async () => {
  const thread = open();
  const order: string[] = [];
  const read = async (name: string, owner: string): Promise<void> => {
    await thread.rows(One, sql`select 1 as one`, { owner, pool: 'history' });
    order.push(name);
  };
  const names = ['first', 'ada1', 'ada2', 'ada3'].map((name) => read(name, 'ada'));
  await Promise.all([...names, read('bob1', 'bob'), read('cyd1', 'cyd')]);
  expect(order).toEqual(['first', 'ada1', 'bob1', 'cyd1', 'ada2', 'ada3']);
});

it('drops what the greediest of many owners has waiting, and never a board for a history', async () => {
  const thread = open();
  // Asked in one turn of the event loop: none is answered before all of them wait.
  const greedy = Array.from({ length: 202 }, () => thread.rows(One, sql`select 1 as one`, HISTORY));
  const ends = Promise.allSettled(greedy);
  const board = thread.rows(One, sql`select 2 as one`, BOARD);
  const modest = thread.rows(One, sql`select 3 as one`, { owner: 'bob', pool: 'history' });
  await expect(greedy[201]).rejects.toMatchObject({ code: 'overloaded' });
  await expect(greedy[200]).rejects.toMatchObject({ code: 'overloaded' });
  expect(await board).toEqual([{ one: 2 }]);
  expect(await modest).toEqual([{ one: 3 }]);
  await thread.close();
  await ends;
});
