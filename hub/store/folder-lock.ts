import { join } from 'node:path';
import Database from 'better-sqlite3';

const LOCK_FILE = 'hub.lock';

/** A data folder held by one process; the system lets go of it when the process ends, however it ends. */
export interface FolderLock {
  readonly release: () => void;
}

/**
 * Takes a data folder for this process alone: two hubs on one database would
 * each believe that they know who is connected. The lock is that of SQLite on
 * a file of its own, which stays empty, so a full disk does not matter.
 *
 * @returns undefined when another process has it.
 */
export function lockFolder(dataFolder: string): FolderLock | undefined {
  const file = new Database(join(dataFolder, LOCK_FILE), { timeout: 0 });
  try {
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
  return { release: () => void file.close() };
}
