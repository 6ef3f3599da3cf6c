import type { Logger } from 'pino';
import { openPostgresStore } from './postgres/open-store.ts';
import { openSqliteStore } from './sqlite/open-store.ts';
import type { Store } from './store.ts';

/** Where a hub keeps its data. */
export interface StorePlace {
  readonly dataFolder: string;
  /** URL of a PostgreSQL database; without it, SQLite in the folder. */
  readonly database?: string | undefined;
}

/** Opens the database of a hub, and migrates it. */
export async function openStore(place: StorePlace, log: Logger): Promise<Store> {
  return place.database === undefined
    ? await openSqliteStore(place.dataFolder, log)
    : await openPostgresStore(place.database, log);
}
