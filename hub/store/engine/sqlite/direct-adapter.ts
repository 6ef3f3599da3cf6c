import type Database from 'better-sqlite3';
import { type Kysely, type QueryResult, SqliteAdapter } from 'kysely';

/** A statement that runs when it is called, and not after a chain of promises. */
export interface DirectStatement<R> {
  /** Whether nobody else's transaction is open, of which it would be a part. */
  readonly mayRun: (db: Pick<Kysely<unknown>, 'isTransaction'>) => boolean;
  readonly run: (parameters: readonly unknown[]) => QueryResult<R>;
}

/** SQLite answers at once: whoever has its only connection may ask it so. */
export class DirectAdapter extends SqliteAdapter {
  readonly #sqlite: Database.Database;

  constructor(sqlite: Database.Database) {
    super();
    this.#sqlite = sqlite;
  }

  statement<R>(sql: string): DirectStatement<R> {
    const statement = this.#sqlite.prepare<unknown[], R>(sql);
    return {
      mayRun: (db) => db.isTransaction || !this.#sqlite.inTransaction,
      run: (parameters) => {
        if (statement.reader) return { rows: statement.all(...parameters) };
        const { changes } = statement.run(...parameters);
        return { rows: [], numAffectedRows: BigInt(changes) };
      },
    };
  }
}
