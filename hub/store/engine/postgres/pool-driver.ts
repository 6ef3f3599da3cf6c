import type {
  CompiledQuery,
  DatabaseConnection,
  Driver,
  QueryResult,
  TransactionSettings,
} from 'kysely';
import type pg from 'pg';
import { AppError } from '#protocol/errors.ts';
import { statementNameOf } from './postgres-adapter.ts';
import { faultOfServer } from './server-faults.ts';

/** Commands whose row count is the number of changed rows. */
const CHANGES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** Kysely on a pool of `pg`, with named prepared statements. */
export class PoolDriver implements Driver {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async init(): Promise<void> {
    // The pool opens its connections when they are needed.
  }

  async acquireConnection(): Promise<PoolConnection> {
    try {
      return new PoolConnection(await this.#pool.connect());
    } catch (error) {
      throw faultOfServer(error);
    }
  }

  async beginTransaction(
    connection: PoolConnection,
    { isolationLevel, accessMode }: TransactionSettings,
  ): Promise<void> {
    const level = isolationLevel ? ` isolation level ${isolationLevel}` : '';
    await connection.command(`begin${level}${accessMode ? ` ${accessMode}` : ''}`);
  }

  async commitTransaction(connection: PoolConnection): Promise<void> {
    await connection.command('commit');
  }

  async rollbackTransaction(connection: PoolConnection): Promise<void> {
    await connection.command('rollback');
  }

  async releaseConnection(connection: PoolConnection): Promise<void> {
    connection.release();
    return Promise.resolve();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

/** One connection, used by one caller at a time. */
class PoolConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient;
  #isBroken = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
    client.on('error', this.#broke);
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const name = statementNameOf(query);
    const result = await this.#query<R>({
      text: query.sql,
      values: [...query.parameters],
      ...(name === undefined ? {} : { name }),
    });
    return {
      rows: result.rows,
      ...(CHANGES.has(result.command) ? { numAffectedRows: BigInt(result.rowCount ?? 0) } : {}),
    };
  }

  async command(text: string): Promise<void> {
    const { command } = await this.#query({ text });
    // If a statement failed, `commit` rolls the transaction back without an error.
    if (text === 'commit' && command !== 'COMMIT') throw new AppError('internal');
  }

  // oxlint-disable-next-line typescript/require-await -- the interface is asynchronous
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new AppError('internal', { cause: new Error('queries are not streamed') });
  }

  release(): void {
    this.#client.off('error', this.#broke);
    this.#client.release(this.#isBroken);
  }

  async #query<R>(config: pg.QueryConfig): Promise<pg.QueryResult<R & pg.QueryResultRow>> {
    try {
      return await this.#client.query<R & pg.QueryResultRow>(config);
    } catch (error) {
      const fault = faultOfServer(error);
      if (fault !== error) this.#isBroken = true;
      throw fault;
    }
  }

  /** The query in progress fails by itself; a client without a listener would end the process. */
  readonly #broke = (): void => {
    this.#isBroken = true;
  };
}
