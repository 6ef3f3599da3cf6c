import type { Logger } from 'pino';
import { migrate } from '../../migrations.ts';
import type { Db } from '../../schema.ts';
import type { ConsistentReads } from '../../consistent-reads.ts';
import type { Writer } from '../../unit-of-work.ts';
import { databaseFile, openDatabase } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { QueryThread } from './query-thread.ts';
import { ReadTransactions } from './read-transactions.ts';

/** The database of a hub, open. */
export interface Store {
  readonly db: Db;
  /** For the unit of work alone. */
  readonly writer: Writer;
  readonly reader: QueryThread;
  readonly reads: ConsistentReads;
  /** Once all that was handed to the writer is stored. */
  readonly close: () => Promise<void>;
}

/** Opens the database of a data folder, and brings it to the present form. */
export async function openStore(folder: string, log: Logger): Promise<Store> {
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
