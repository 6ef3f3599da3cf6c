import { UNFINISHED_COPY } from './engine/bulk-tables.ts';
import type { Db, Tx } from './schema.ts';

/** While it is there, no hub may start on this database: parts of the data are missing. */
export async function markUnfinished(db: Db): Promise<void> {
  await db.schema.createTable(UNFINISHED_COPY).addColumn('copied', 'text').execute();
}

/** In the transaction that finishes it. */
export async function markFinished(tx: Tx): Promise<void> {
  await tx.schema.dropTable(UNFINISHED_COPY).execute();
}

export async function isCopyUnfinished(db: Db): Promise<boolean> {
  const tables = await db.introspection.getTables();
  return tables.some(({ name }) => name === UNFINISHED_COPY);
}
