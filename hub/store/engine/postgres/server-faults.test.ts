import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { openPool } from './database.ts';
import { faultOfServer } from './server-faults.ts';

function serverError(code: string): Error {
  return Object.assign(new Error('of the server'), { code });
}

it.each([
  ['a full disk', serverError('53100'), 'storage_full'],
  ['a broken connection', serverError('08006'), 'storage_unavailable'],
  ['too many connections', serverError('53300'), 'storage_unavailable'],
  ['a statement that took too long', serverError('57014'), 'storage_unavailable'],
  ['a shutdown', serverError('57P01'), 'storage_unavailable'],
  ['a server that is starting', serverError('57P03'), 'storage_unavailable'],
  ['a read-only server', serverError('25006'), 'storage_unavailable'],
  ['a cut connection', serverError('ECONNRESET'), 'storage_unavailable'],
  [
    'a connection that ended',
    new Error('Connection terminated unexpectedly'),
    'storage_unavailable',
  ],
  ['a query without an answer', new Error('Query read timeout'), 'storage_unavailable'],
])('maps %s to its code, and keeps the cause', (_name, error, code) => {
  const fault = faultOfServer(error);
  expect(fault).toBeInstanceOf(AppError);
  expect(fault).toMatchObject({ code, cause: error });
});

it.each(['23505', '40001', '40P01', '42P01'])('leaves %s to whoever runs the query', (code) => {
  const error = serverError(code);
  expect(faultOfServer(error)).toBe(error);
});

it('rejects a query with storage_unavailable when no server can be reached', async () => {
  const db = openPool({
    url: 'postgres:///none?host=/nowhere',
    connections: 1,
    statementTimeoutMs: 1_000,
    log: pino({ level: 'silent' }),
  });
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'storage_unavailable' });
  await db.destroy();
});
