import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { capturePrinted } from '../test/harness/printed.ts';
import { checkDatabase, copyDatabase } from './database-commands.ts';
import { signUpOwner, startTestHub } from './testing/test-hub.ts';
import { blankPlace, openTestStore, temporaryPlace, testEngines } from './testing/test-store.ts';

const NEVER = new AbortController().signal;

describe.skipIf(testEngines().length < 2)('signalbox db copy', () => {
  it('says what it did, and what it does meanwhile', async () => {
    const printed = capturePrinted();
    const from = await temporaryPlace('sqlite');
    const { db, close } = await openTestStore(from);
    await sql`insert into settings values ('channel_key', 'x')`.execute(db);
    await close();
    const to = await blankPlace('postgres');
    const argv = [from.dataFolder, to.database ?? ''];
    expect(await copyDatabase(argv, NEVER)).toBe(0);
    expect(printed.out).toMatch(/^Copied 1 rows in \d+ tables, and compared them\./);
    expect(printed.err).toMatch(/^copied settings: 1 of 1 rows$/m);
    expect(printed.err).toMatch(/^compared settings: 1 of 1 rows$/m);
    expect(await copyDatabase(argv, NEVER)).toBe(2);
    expect(printed.err).toMatch(/is not empty: choose an empty one\.\n$/);
  });

  it('does not touch what a hub runs on, and not what belongs to somebody else', async () => {
    const hub = await startTestHub();
    await signUpOwner(hub);
    const printed = capturePrinted();
    const to = await blankPlace('postgres');
    expect(await copyDatabase([hub.dataFolder, to.database ?? ''], NEVER)).toBe(2);
    expect(printed.err).toMatch(/^signalbox db: Another hub runs on .*: stop it/);
    const nowhere = 'postgres://nobody@127.0.0.1:1/x';
    printed.err = '';
    expect(await copyDatabase([hub.dataFolder, nowhere], NEVER)).toBe(2);
    expect(printed.err).toMatch(/Another hub runs/);
    const from = await temporaryPlace('sqlite');
    expect(await copyDatabase([from.dataFolder, nowhere], NEVER)).toBe(2);
    expect(printed.err).toMatch(/does not answer/);
  });
});

it('signalbox db copy explains itself when it is called otherwise', async () => {
  const printed = capturePrinted();
  expect(await copyDatabase([], NEVER)).toBe(64);
  expect(await copyDatabase(['a', 'b', 'c'], NEVER)).toBe(64);
  expect(await copyDatabase(['--moon'], NEVER)).toBe(64);
  expect(await copyDatabase(['--help'], NEVER)).toBe(0);
  expect(printed.out).toMatch(/^Usage: signalbox db copy <from> <to>/);
});

it('signalbox db check exits with 1 where it finds something, and creates nothing', async () => {
  const printed = capturePrinted();
  const place = await temporaryPlace('sqlite');
  const argv = ['--data', place.dataFolder];
  expect(await checkDatabase(argv)).toBe(1);
  expect(printed.out).toMatch(/^The database in .* does not exist\.\n$/);
  expect(existsSync(join(place.dataFolder, 'hub.db'))).toBe(false);
  const { db } = await openTestStore(place);
  printed.out = '';
  expect(await checkDatabase(argv)).toBe(0);
  expect(printed.out).toBe('Nothing is wrong.\n');
  await sql`pragma foreign_keys = off`.execute(db);
  await sql`insert into firmware_keys values ('nowhere', 'key')`.execute(db);
  expect(await checkDatabase(argv)).toBe(1);
  expect(await checkDatabase(['--moon'])).toBe(64);
  expect(await checkDatabase(['--https-port', 'moon'])).toBe(2);
});
