import type { Logger } from 'pino';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { folderFault } from '#platform/files/folder-fault.ts';
import type { BulkTables } from './engine/bulk-tables.ts';
import { openPool } from './engine/postgres/database.ts';
import { databaseFault, placeOf } from './engine/postgres/database-fault.ts';
import { isNewPostgresStore, openPostgresStore } from './engine/postgres/open-store.ts';
import { openPostgresTables } from './engine/postgres/postgres-tables.ts';
import { openReader } from './engine/sqlite/database.ts';
import { openSqliteTables } from './engine/sqlite/sqlite-tables.ts';
import { isNewSqliteStore, openSqliteStore } from './engine/sqlite/open-store.ts';
import type { Store } from './engine/store.ts';
import { appliedMigrations, knownMigrations, migrate } from './migrations.ts';
import type { Db } from './schema.ts';
import { isCopyUnfinished } from './unfinished-copy.ts';

/** Statements of a check read whole tables. */
const READING = { connections: 1, statementTimeoutMs: 3_600_000, readOnly: true };

/** Where a hub keeps its data. */
export interface StorePlace {
  readonly dataFolder: string;
  /** URL of a PostgreSQL database; without it, SQLite in the folder. */
  readonly database?: string | undefined;
}

/** Opens the database of a hub, and migrates it. */
export async function openStore(place: StorePlace, log: Logger): Promise<Store> {
  const { dataFolder, database } = place;
  const store =
    database === undefined ? openSqliteStore(dataFolder, log) : openPostgresStore(database, log);
  try {
    await refuseForeign(store.db);
    const applied = await store.maintain((db) => migrate(db));
    if (applied.length > 0) log.info({ applied }, 'database migrated');
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** @throws AppError `storage_unfinished` or `storage_newer`: this program must not touch the data. */
async function refuseForeign(db: Db): Promise<void> {
  if (await isCopyUnfinished(db)) throw new AppError('storage_unfinished');
  const known = knownMigrations(db);
  const applied = await appliedMigrations(db);
  if (applied.some((name) => !known.includes(name))) throw new AppError('storage_newer');
}

/** Opens a database for reading, as it is. */
export function openForReading({ dataFolder, database }: StorePlace, log: Logger): Db {
  return database === undefined
    ? openReader(dataFolder)
    : openPool({ ...READING, url: database, log });
}

/** Opens the bare tables of a database, which must be there. */
export async function openTables(
  { dataFolder, database }: StorePlace,
  options: { readonly readonly: boolean },
): Promise<BulkTables> {
  return database === undefined
    ? openSqliteTables(dataFolder, options)
    : await openPostgresTables(database, options);
}

/** Whether no hub ever kept data in this place. Creates nothing there. */
export async function isNewStore(place: StorePlace, log: Logger): Promise<boolean> {
  return place.database === undefined
    ? isNewSqliteStore(place.dataFolder)
    : await isNewPostgresStore(place.database, log);
}

/** Why data cannot be kept in this place, in one sentence; undefined if the error is something else. */
export function storeFault(error: unknown, place: StorePlace): string | undefined {
  const { dataFolder, database } = place;
  if (error instanceof AppError && error.code in FOREIGN)
    return `${storeName(place)} ${FOREIGN[error.code]}`;
  return (
    folderFault(error, dataFolder) ??
    (database === undefined ? undefined : databaseFault(error, database))
  );
}

const FOREIGN: Readonly<Partial<Record<ErrorCode, string>>> = {
  storage_unfinished:
    'holds a copy that was not finished: empty it, then copy again (docs/scale.md).',
  storage_newer: 'was written by a newer version of Signalbox: install that one or a later one.',
};

/** A place in a sentence, without the password. */
export function storeName({ dataFolder, database }: StorePlace): string {
  return database === undefined
    ? `The database in ${dataFolder}`
    : `The database at ${placeOf(database)}`;
}
