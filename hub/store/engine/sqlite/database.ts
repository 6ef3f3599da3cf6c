import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, type SqliteStatement } from 'kysely';
import { makeOwnFolder } from '#platform/files/private-folder.ts';
import type { Db, Tables } from '../../schema.ts';
import { DirectSqliteAdapter } from './direct-adapter.ts';

/** How many prepared statements are cached; the hub has fewer different ones. */
const MAX_STATEMENTS = 500;

export function databaseFile(dataFolder: string): string {
  return join(dataFolder, 'hub.db');
}

/** Opens the database of a data folder, and creates it if necessary. */
export function openDatabase(dataFolder: string): Db {
  makeOwnFolder(dataFolder);
  const file = databaseFile(dataFolder);
  const sqlite = new Database(file);
  // It holds the key that signs channel tokens.
  chmodSync(file, 0o600);
  sqlite.pragma('journal_mode = WAL');
  // An acknowledgement means "on the disk": with NORMAL, WAL mode loses the last commits in a power
  // cut. FULL costs one sync per commit, about 0.3 ms here, which group commit shares.
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  sqlite.pragma('busy_timeout = 5000');
  // A checkpoint stalls whoever commits at that moment. So it is rare, and covers many changes of
  // the same few pages at once (8,000 pages: 32 MB).
  sqlite.pragma('wal_autocheckpoint = 8000');
  sqlite.pragma('cache_size = -32000');
  sqlite.pragma('temp_store = MEMORY');
  return kyselyOn(sqlite);
}

/** A second, read-only connection. */
export function openReader(dataFolder: string): Db {
  const sqlite = new Database(databaseFile(dataFolder), { readonly: true });
  sqlite.pragma('busy_timeout = 5000');
  sqlite.pragma('cache_size = -8000');
  sqlite.pragma('temp_store = MEMORY');
  return kyselyOn(sqlite);
}

function kyselyOn(sqlite: Database.Database): Db {
  const dialect = new SqliteDialect({
    database: { prepare: cachedPrepare(sqlite), close: () => void sqlite.close() },
  });
  const adapter = new DirectSqliteAdapter(sqlite);
  return new Kysely<Tables>({
    dialect: {
      createDriver: () => dialect.createDriver(),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createAdapter: () => adapter,
    },
  });
}

/** Reports no change. */
const NOTHING_DONE = { changes: 0, lastInsertRowid: 0 };

/** Preparing costs more than running for the small statements of the hot paths. */
function cachedPrepare(sqlite: Database.Database): (sql: string) => SqliteStatement {
  const statements = new Map<string, SqliteStatement>();
  return (sql) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = sqlite.prepare(sql);
    const prepared: SqliteStatement = {
      reader: statement.reader,
      all: (parameters) => statement.all(...parameters),
      // On a full disk SQLite rolls a transaction back by itself. The rollback that follows would
      // fail too, and its error would hide the one that gives the reason.
      run: (parameters) =>
        sql === 'rollback' && !sqlite.inTransaction ? NOTHING_DONE : statement.run(...parameters),
      iterate: (parameters) => statement.iterate(...parameters),
    };
    if (statements.size >= MAX_STATEMENTS) statements.clear();
    statements.set(sql, prepared);
    return prepared;
  };
}
