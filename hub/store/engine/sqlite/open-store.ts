import type { Logger } from 'pino';
import { migrate } from '../../migrations.ts';
import type { Store } from '../store.ts';
import { databaseFile, openDatabase } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { QueryThread } from './query-thread.ts';
import { ReadTransactions } from './read-transactions.ts';

/** Opens the database of a data folder, and migrates it. */
export async function openSqliteStore(folder: string, log: Logger): Promise<Store> {
  const db = openDatabase(folder);
  try {
    const applied = await migrate(db);
    if (applied.length > 0) log.info({ applied }, 'database migrated');
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const writer = new GroupCommit(db);
  const reader = new QueryThread({ db, file: databaseFile(folder), log });
  const reads = new ReadTransactions(folder);
  return {
    db,
    writer,
    reader,
    reads,
    close: async () => {
      await reader.close();
      await reads.close();
      await writer.drain();
      await db.destroy();
    },
  };
}
