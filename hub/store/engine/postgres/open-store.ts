import type { Logger } from 'pino';
import { migrate } from '../../migrations.ts';
import type { Store } from '../store.ts';
import { openPool } from './database.ts';
import { WriterPool } from './writer-pool.ts';
import { PooledQueries } from './pooled-queries.ts';
import { SnapshotReads } from './snapshot-reads.ts';

/** Transactions side by side: where more were tried, they waited for each other's rows. */
const WRITERS = 8;
/** Reads beside them, which take no turn. */
const READS = 4;
/** As long as the longest request may take. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** One for each pool of long reads, and some for reads that belong together. */
const LONG_READS = 4;
const LONG_READ_TIMEOUT_MS = 30_000;

/** Opens the database of a server, and brings it to the present form. */
export async function openPostgresStore(url: string, log: Logger): Promise<Store> {
  const db = openPool({
    ...{ url, log },
    connections: WRITERS + READS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    const applied = await migrate(db);
    if (applied.length > 0) log.info({ applied }, 'database migrated');
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const longReads = openPool({
    ...{ url, log },
    connections: LONG_READS,
    statementTimeoutMs: LONG_READ_TIMEOUT_MS,
    readOnly: true,
  });
  const writer = new WriterPool(db, WRITERS);
  const reader = new PooledQueries(longReads);
  return {
    db,
    writer,
    reader,
    reads: new SnapshotReads(longReads),
    close: async () => {
      await reader.close();
      await writer.drain();
      await db.destroy();
    },
  };
}
