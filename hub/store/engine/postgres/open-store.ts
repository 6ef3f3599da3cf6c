import { DEFAULT_MIGRATION_TABLE, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Store } from '../store.ts';
import { openPool } from './database.ts';
import { WriterPool } from './writer-pool.ts';
import { PooledQueries } from './pooled-queries.ts';
import { SnapshotReads } from './snapshot-reads.ts';

/** Concurrent transactions: more of them only waited for each other's rows. */
const WRITERS = 8;
/** Concurrent short reads, which do not queue. */
const READS = 4;
/** The longest that a request may take. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** A migration may read every row. */
const MAINTENANCE_TIMEOUT_MS = 3_600_000;
/** One for each pool of long reads, the others for consistent reads. */
const LONG_READS = 5;
const LONG_READ_TIMEOUT_MS = 30_000;

/** Opens a database on a server. */
export function openPostgresStore(url: string, log: Logger): Store {
  const db = openPool({
    ...{ url, log },
    connections: WRITERS + READS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
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
    maintain: async (run) => {
      const timeouts = { statementTimeoutMs: MAINTENANCE_TIMEOUT_MS };
      const patient = openPool({ ...{ url, log }, ...timeouts, connections: 1 });
      try {
        return await run(patient);
      } finally {
        await patient.destroy();
      }
    },
    close: async () => {
      await reader.close();
      await writer.drain();
      await db.destroy();
    },
  };
}

/** Whether no hub ever migrated this database. Changes nothing. */
export async function isNewPostgresStore(url: string, log: Logger): Promise<boolean> {
  const db = openPool({
    ...{ url, log },
    connections: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    readOnly: true,
  });
  try {
    const { rows } = await sql<{ isNew: boolean }>`
      select to_regclass(${DEFAULT_MIGRATION_TABLE}) is null as "isNew"
    `.execute(db);
    return rows[0]?.isNew === true;
  } finally {
    await db.destroy();
  }
}
