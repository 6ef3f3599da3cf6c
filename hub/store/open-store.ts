import type { Logger } from 'pino';
import { folderFault } from '#platform/files/folder-fault.ts';
import { databaseFault } from './engine/postgres/database-fault.ts';
import { isNewPostgresStore, openPostgresStore } from './engine/postgres/open-store.ts';
import { isNewSqliteStore, openSqliteStore } from './engine/sqlite/open-store.ts';
import type { Store } from './engine/store.ts';
import { migrate } from './migrations.ts';

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
    const applied = await store.maintain((db) => migrate(db));
    if (applied.length > 0) log.info({ applied }, 'database migrated');
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
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
  return (
    folderFault(error, dataFolder) ??
    (database === undefined ? undefined : databaseFault(error, database))
  );
}
