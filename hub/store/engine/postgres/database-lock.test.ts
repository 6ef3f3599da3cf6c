import pg from 'pg';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { until } from '#platform/testing/until.ts';
import { temporaryDatabase } from '../../../testing/test-database.ts';
import { testEngines } from '../../../testing/test-store.ts';
import { databaseFault } from './database-fault.ts';
import { DatabaseLock } from './database-lock.ts';

const log = pino({ level: 'silent' });
const acquire = (url: string, mode: 'shared' | 'exclusive' = 'exclusive') =>
  DatabaseLock.acquire({ url, mode, clock: systemClock, log });

describe.skipIf(!testEngines().includes('postgres'))('the lock of a database', () => {
  it('is shared by hubs, and with nobody who works on the database alone', async () => {
    const url = await temporaryDatabase(onTestFinished);
    const hubs = [await acquire(url, 'shared'), await acquire(url, 'shared')];
    expect(hubs).not.toContain(undefined);
    expect(await acquire(url)).toBeUndefined();
    for (const hub of hubs) await hub?.release();
    const alone = await acquire(url);
    expect(alone).toBeDefined();
    expect(await acquire(url, 'shared')).toBeUndefined();
    await alone?.release();
  });

  it('is of one program, and free again when that has closed', async () => {
    const url = await temporaryDatabase(onTestFinished);
    const first = await acquire(url);
    expect(first).toBeDefined();
    expect(await acquire(url)).toBeUndefined();
    await first?.release();
    const next = await acquire(url);
    expect(next).toBeDefined();
    await next?.release();
  });

  it('is taken again when its connection was lost', async () => {
    const url = await temporaryDatabase(onTestFinished);
    const lock = await acquire(url);
    onTestFinished(async () => lock?.release());
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    onTestFinished(() => admin.end());
    const holders = async () =>
      (
        await admin.query<{ pid: number }>(
          `select pid from pg_locks where locktype = 'advisory' and database =
             (select oid from pg_database where datname = current_database())`,
        )
      ).rows;
    const [before] = await holders();
    await admin.query('select pg_terminate_backend($1)', [before?.pid]);
    await until('it is held anew', async () => {
      const [now] = await holders();
      return now !== undefined && now.pid !== before?.pid;
    });
  });

  it('says why a database cannot be used, without the password', async () => {
    const url = (await temporaryDatabase(onTestFinished)).replace(/hub_\w+/, 'missing');
    const error: unknown = await acquire(url).catch((fault: unknown) => fault);
    expect(databaseFault(error, url)).toMatch(
      /refuses this hub \(database "missing" does not exist\)/,
    );
  });
});

it('says that a database does not answer, without the password', async () => {
  const url = 'postgres://ada:secret@127.0.0.1:1/hub';
  const error: unknown = await acquire(url).catch((fault: unknown) => fault);
  const message = databaseFault(error, url);
  expect(message).toMatch(/^The database at 127\.0\.0\.1:1\/hub does not answer \(/);
  expect(message).not.toContain('secret');
});
