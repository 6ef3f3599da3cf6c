import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../../testing/test-hub.ts';
import { databaseFile, openDatabase } from './database.ts';
import { QueryThread, type ReadTurn } from './query-thread.ts';

const One = z.object({ one: z.number() });
const BOARD = { owner: 'ada', lane: 'board' } as const;
const HISTORY = { owner: 'ada', lane: 'history' } as const;
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
  const asked = Array.from({ length: 202 }, () => thread.rows(One, SLOW, BOARD));
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
  await expect(thread.rows(One, SLOW, BOARD)).rejects.toMatchObject({ code: 'not_ready' });
});

it('lets what a page waits for go before slices of history, and a slice after four of those', async () => {
  const thread = open();
  const order: string[] = [];
  const read = async (name: string, turn: ReadTurn): Promise<void> => {
    await thread.rows(One, sql`select 1 as one`, turn);
    order.push(name);
  };
  const first = read('first', HISTORY);
  const rest = [
    ...['h1', 'h2', 'h3'].map((name) => read(name, HISTORY)),
    read('other', { owner: 'bob', lane: 'history' }),
    ...['b1', 'b2', 'b3', 'b4', 'b5'].map((name) => read(name, BOARD)),
  ];
  await Promise.all([first, ...rest]);
  expect(order).toEqual(['first', 'b1', 'b2', 'b3', 'b4', 'h1', 'b5', 'other', 'h2', 'h3']);
});

it('drops what the greediest of many owners has waiting, and never a board for a history', async () => {
  const thread = open();
  const greedy = Array.from({ length: 202 }, () => thread.rows(One, SLOW, HISTORY));
  const ends = Promise.allSettled(greedy);
  const board = thread.rows(One, sql`select 2 as one`, BOARD);
  const modest = thread.rows(One, sql`select 3 as one`, { owner: 'bob', lane: 'history' });
  await expect(greedy[201]).rejects.toMatchObject({ code: 'overloaded' });
  await expect(greedy[200]).rejects.toMatchObject({ code: 'overloaded' });
  expect(await board).toEqual([{ one: 2 }]);
  expect(await modest).toEqual([{ one: 3 }]);
  await thread.close();
  await ends;
});
