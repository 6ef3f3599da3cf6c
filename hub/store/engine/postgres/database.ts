import { Kysely, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Db, Tables } from '../../schema.ts';
import { numberTypes } from './number-types.ts';
import { PoolDriver } from './pool-driver.ts';
import { NamingPostgresAdapter } from './postgres-adapter.ts';

export interface PoolSettings {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  readonly connections: number;
  /** The server ends statements that take longer. */
  readonly statementTimeoutMs: number;
  readonly readOnly?: boolean;
  readonly log: Logger;
}

/** Long enough for a server on the same network to restart; after that, requests fail. */
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;
/**
 * A transaction whose hub hangs or is cut off holds its locks for less than the lease of a
 * hub: whoever has its bases then can write.
 */
const IDLE_IN_TRANSACTION_MS = 4_000;

/** Connections to a PostgreSQL server, opened as they are needed. */
export function openPool(settings: PoolSettings): Db {
  const { url, connections, statementTimeoutMs, readOnly = false, log } = settings;
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: 'signalbox hub',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    statement_timeout: statementTimeoutMs,
    // Exceeded only if the server does not answer at all.
    query_timeout: statementTimeoutMs * 2,
    types: numberTypes(),
    keepAlive: true,
    ...(readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
  });
  // An idle connection failed; the pool replaces it.
  pool.on('error', (error) => log.warn({ err: error }, 'database connection lost'));
  const adapter = new NamingPostgresAdapter();
  return new Kysely<Tables>({
    dialect: {
      createDriver: () => new PoolDriver(pool),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createAdapter: () => adapter,
    },
  });
}
