import { join } from 'node:path';
import Database from 'better-sqlite3';

/** A data folder held by one process; the system lets go of it when the process ends, however it ends. */
export interface FolderLock {
  readonly release: () => void;
}

/**
 * Claims a data folder for this process: two programs must never use one database. The
 * lock is SQLite's, on a separate file that stays empty, so a full disk does not
 * matter.
 *
 * @param fileName of the lock, in the folder
 * @returns undefined when another process holds it
 */
export function lockFolder(folder: string, fileName: string): FolderLock | undefined {
  const file = new Database(join(folder, fileName), { timeout: 0 });
  try {
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
  return { release: () => void file.close() };
}
