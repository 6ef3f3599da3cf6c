import type Database from 'better-sqlite3';
import { type CompiledQuery, SqliteAdapter } from 'kysely';
import type { EngineAdapter, PreparedQuery } from '../adapter.ts';
import { SQLITE_DIALECT } from './dialect.ts';

/** SQLite answers synchronously: whoever owns its only connection may use that. */
export class DirectSqliteAdapter extends SqliteAdapter implements EngineAdapter {
  readonly engine = 'sqlite';
  readonly dialect = SQLITE_DIALECT;
  readonly #sqlite: Database.Database;

  constructor(sqlite: Database.Database) {
    super();
    this.#sqlite = sqlite;
  }

  prepare<R>(query: CompiledQuery<R>): PreparedQuery<R> {
    const statement = this.#sqlite.prepare<unknown[], R>(query.sql);
    return {
      query,
      direct: {
        mayRun: (db) => db.isTransaction || !this.#sqlite.inTransaction,
        run: (parameters) => {
          if (statement.reader) return { rows: statement.all(...parameters) };
          const { changes } = statement.run(...parameters);
          return { rows: [], numAffectedRows: BigInt(changes) };
        },
      },
    };
  }
}
