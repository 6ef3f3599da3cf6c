import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { processorMs } from './bench/cost/processes.ts';
import { WriteAheadLog } from './bench/cost/write-ahead-log.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';

function openLog(): { readonly database: Database.Database; readonly file: string } {
  const file = join(temporaryFolder(atTestEnd), 'one.db');
  const database = new Database(file);
  atTestEnd.add(() => database.close());
  database.pragma('journal_mode = WAL');
  database.pragma('wal_autocheckpoint = 0');
  database.exec('create table entries (id integer primary key, text text)');
  return { database, file };
}

it('counts the transactions of a database and the pages they write', () => {
  const { database, file } = openLog();
  const log = new WriteAheadLog(file);
  const insert = database.prepare('insert into entries (text) values (?)');
  for (let index = 0; index < 10; index += 1) insert.run('short');
  log.look();
  expect(log.transactions).toBe(10);
  // One page each: all rows stand in the root of the table.
  expect(log.pages).toBe(10);

  database.transaction(() => {
    for (let index = 0; index < 10; index += 1) insert.run('x'.repeat(3_000));
  })();
  log.look();
  expect(log.transactions).toBe(11);
  expect(log.pages).toBeGreaterThanOrEqual(20);
});

it('continues when the log restarts between two samples', () => {
  const { database, file } = openLog();
  const log = new WriteAheadLog(file);
  const insert = database.prepare('insert into entries (text) values (?)');
  for (let index = 0; index < 7; index += 1) insert.run('before the last look');
  log.look();
  for (let index = 0; index < 20; index += 1) insert.run('after it');
  database.pragma('wal_checkpoint(RESTART)');
  for (let index = 0; index < 3; index += 1) insert.run('in the log anew');
  log.look();
  expect(log.transactions).toBe(30);
  expect(log.pages).toBe(30);
});

it('counts the processor time of a process', () => {
  const before = processorMs(process.pid);
  const usage = process.cpuUsage();
  while (process.cpuUsage(usage).user < 100_000);
  const counted = processorMs(process.pid) - before;
  const { user, system } = process.cpuUsage(usage);
  expect(Math.abs(counted - (user + system) / 1_000)).toBeLessThan(30);
});
