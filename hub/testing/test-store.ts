import { pino } from 'pino';
import { inject, onTestFinished } from 'vitest';
import { openStore, type StorePlace } from '../store/open-store.ts';
import { openPool } from '../store/engine/postgres/database.ts';
import { openDatabase } from '../store/engine/sqlite/database.ts';
import type { Store } from '../store/engine/store.ts';
import type { Db } from '../store/schema.ts';
import { blankDatabase, databaseOfFolder, temporaryDatabase } from './test-database.ts';
import { temporaryFolder } from './test-hub.ts';

const log = pino({ level: 'silent' });

export type TestEngine = 'sqlite' | 'postgres';

/** The engines that this machine has: SQLite alone where no PostgreSQL is installed. */
export function testEngines(): readonly TestEngine[] {
  return inject('postgresUrl') === '' ? ['sqlite'] : ['sqlite', 'postgres'];
}

/** An empty place for the data of a test. */
export async function temporaryPlace(engine: TestEngine): Promise<StorePlace> {
  const dataFolder = temporaryFolder(onTestFinished);
  if (engine === 'sqlite') return { dataFolder };
  return { dataFolder, database: await temporaryDatabase(onTestFinished) };
}

/** A place where no hub has stored anything, not even its tables. */
export async function blankPlace(engine: TestEngine): Promise<StorePlace> {
  const dataFolder = temporaryFolder(onTestFinished);
  if (engine === 'sqlite') return { dataFolder };
  return { dataFolder, database: await blankDatabase(onTestFinished) };
}

/** A further store on the data of a hub with this data folder. */
export async function openStoreOf(dataFolder: string): Promise<Store> {
  const database = await databaseOfFolder(dataFolder, onTestFinished);
  return await openTestStore({ dataFolder, database });
}

/** Another connection to the database of a hub with this data folder. */
export async function openTestDatabase(dataFolder: string): Promise<Db> {
  const url = await databaseOfFolder(dataFolder, onTestFinished);
  if (url === undefined) return openDatabase(dataFolder);
  return openPool({ url, connections: 1, statementTimeoutMs: 10_000, log });
}

/** An open store, closed when the test ends. */
export async function openTestStore(engineOrPlace: TestEngine | StorePlace): Promise<Store> {
  const place =
    typeof engineOrPlace === 'string' ? await temporaryPlace(engineOrPlace) : engineOrPlace;
  const store = await openStore(place, log);
  onTestFinished(() => store.close());
  return store;
}
