import { tmpdir } from 'node:os';
import { pino } from 'pino';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openPool } from '../store/engine/postgres/database.ts';
import { migrate } from '../store/migrations.ts';
import { PostgresServer, postgresPrograms } from './postgres-server.ts';
import { TEMPLATE_DATABASE } from './test-database.ts';

/**
 * Before all tests: a PostgreSQL server of this run's own, where one is installed, with a
 * database in its newest form that tests copy.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const engine = process.env['SIGNALBOX_TEST_ENGINE'] === 'postgres' ? 'postgres' : 'sqlite';
  project.provide('engine', engine);
  const programs = postgresPrograms();
  if (programs === undefined) {
    if (engine === 'postgres') throw new Error('PostgreSQL is not installed');
    project.provide('postgresUrl', '');
    return undefined;
  }
  const under = project.config.env['TMPDIR'] ?? tmpdir();
  const server = await PostgresServer.create(programs, { under, isDurable: false });
  const client = new pg.Client({ connectionString: server.url('postgres') });
  await client.connect();
  await client.query(`create database ${TEMPLATE_DATABASE}`);
  await client.end();
  const db = openPool({
    url: server.url(TEMPLATE_DATABASE),
    connections: 1,
    statementTimeoutMs: 60_000,
    log: pino({ level: 'silent' }),
  });
  await migrate(db);
  await db.destroy();
  project.provide('postgresUrl', server.url('DATABASE'));
  return () => server.remove();
}
