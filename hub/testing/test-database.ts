import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** A database that all of a run begin with: empty, and in its newest form. */
export const TEMPLATE_DATABASE = 'signalbox_template';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a server for the tests, with `DATABASE` for the name of a database; empty: none is installed. */
    readonly postgresUrl: string;
    /** That hubs of tests run on. */
    readonly engine: 'sqlite' | 'postgres';
  }
}

type OnCleanup = (cleanup: () => Promise<void>) => void;

/**
 * The database of the hub with this data folder, made from the template at its first
 * start; undefined: the hubs of this run are on SQLite.
 */
export async function databaseOfFolder(
  dataFolder: string,
  onCleanup: OnCleanup,
): Promise<string | undefined> {
  if (inject('engine') !== 'postgres') return undefined;
  return await databaseNamed(createHash('sha256').update(dataFolder).digest('hex'), onCleanup);
}

/** A database of a test's own, on the server of the tests. */
export async function temporaryDatabase(onCleanup: OnCleanup): Promise<string> {
  return await databaseNamed(randomBytes(16).toString('hex'), onCleanup);
}

/** A database in which no hub has stored anything, not even its tables. */
export async function blankDatabase(onCleanup: OnCleanup): Promise<string> {
  const unique = randomBytes(16).toString('hex');
  return await databaseNamed(unique, onCleanup, 'template1');
}

/** Of its own, with what another one holds, to which nobody is connected. */
export async function copyOfDatabase(url: string, onCleanup: OnCleanup): Promise<string> {
  const unique = randomBytes(16).toString('hex');
  return await databaseNamed(unique, onCleanup, new URL(url).pathname.slice(1));
}

async function databaseNamed(
  unique: string,
  onCleanup: OnCleanup,
  template = TEMPLATE_DATABASE,
): Promise<string> {
  const name = `hub_${unique.slice(0, 20)}`;
  const wasMade = await administer(async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) {
      await client.query(`create database ${name} template ${template} strategy file_copy`);
    }
    return rowCount === 0;
  });
  if (wasMade) {
    onCleanup(() =>
      administer(async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
    );
  }
  return urlOf(name);
}

function urlOf(database: string): string {
  const url = inject('postgresUrl');
  if (url === '') throw new Error('no PostgreSQL server is installed');
  return url.replace('DATABASE', database);
}

/** As the one who may make and drop databases. */
async function administer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
