import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Store } from '../store.ts';
import { databaseFile, openDatabase } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { QueryThread } from './query-thread.ts';
import { ReadTransactions } from './read-transactions.ts';

/** Opens the database of a data folder; creates it if there is none. */
export function openSqliteStore(folder: string, log: Logger): Store {
  const db = openDatabase(folder);
  const writer = new GroupCommit(db);
  const reader = new QueryThread({ db, file: databaseFile(folder), log });
  const reads = new ReadTransactions(folder);
  return {
    db,
    writer,
    reader,
    reads,
    maintain: (run) => run(db),
    close: async () => {
      await reader.close();
      await reads.close();
      await writer.drain();
      await db.destroy();
    },
  };
}

/** Whether no hub ever opened a database in this folder. Creates none. */
export function isNewSqliteStore(folder: string): boolean {
  return !existsSync(databaseFile(folder));
}
