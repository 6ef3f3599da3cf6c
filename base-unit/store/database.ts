import Database from 'better-sqlite3';
import { chmodSync } from 'node:fs';
import { newId, Epoch } from '#protocol/ids.ts';
import { isDiskFull } from '#platform/files/full-disk.ts';
import { MIGRATIONS } from './migrations.ts';

export type { Database, Transaction } from 'better-sqlite3';

/** How long a command line tool that writes may hold the base up. */
const BUSY_TIMEOUT_MS = 2_000;

/**
 * Opens the base's one database file, and brings it up to date.
 *
 * WAL with `synchronous = FULL`: each commit is on the disk when it returns.
 * That costs one fsync for a command received, one for its result, and one
 * for a group of readings, and it is what makes three promises hold through
 * a power cut: an acknowledged command is known, a sequence number of the
 * outbox is never used twice, and what must not be done twice is not.
 */
export function openDatabase(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Database.Database {
  try {
    return open(path, { busyTimeoutMs, isShared: true });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return open(path, { busyTimeoutMs, isShared: false });
  }
}

/**
 * @param isShared false on a full disk: the index of the log, which other processes
 * would share, is then in memory, and they (`base unit-key`) wait in vain until the
 * base is restarted.
 */
function open(
  path: string,
  { busyTimeoutMs, isShared }: { readonly busyTimeoutMs: number; readonly isShared: boolean },
): Database.Database {
  const database = new Database(path);
  try {
    return prepare(database, { path, busyTimeoutMs, isShared });
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepare(
  database: Database.Database,
  {
    path,
    busyTimeoutMs,
    isShared,
  }: { readonly path: string; readonly busyTimeoutMs: number; readonly isShared: boolean },
): Database.Database {
  if (path !== ':memory:') chmodSync(path, 0o600);
  if (!isShared) database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma(`busy_timeout = ${busyTimeoutMs}`);
  migrate(database);
  return database;
}

function migrate(database: Database.Database): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  // Nothing to write, for which a full disk would have no room.
  if (version >= MIGRATIONS.length) return;
  database
    .transaction(() => {
      for (const step of MIGRATIONS.slice(version)) database.exec(step);
      database.pragma(`user_version = ${Math.max(version, MIGRATIONS.length)}`);
      database
        .prepare('INSERT OR IGNORE INTO positions (id, outbox_epoch) VALUES (1, ?)')
        .run(newId(Epoch));
    })
    .immediate();
}
