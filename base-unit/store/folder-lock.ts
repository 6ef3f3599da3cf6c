import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '#protocol/errors.ts';

const LOCK_FILE = 'base.lock';

/** A data folder held by one process; the system lets go of it when the process ends, however it ends. */
export interface FolderLock {
  readonly release: () => void;
}

/**
 * Takes a data folder for this process alone, so that two bases started at
 * the same moment cannot both find that nobody has it. The lock is that of
 * SQLite on a file of its own, which stays empty, so a full disk does not
 * matter.
 *
 * @throws AppError `not_ready` when another process has it.
 */
export function lockFolder(folder: string): FolderLock {
  const file = new Database(join(folder, LOCK_FILE), { timeout: 0 });
  try {
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    const isTaken = error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
    throw isTaken ? new AppError('not_ready', { details: { path: folder } }) : error;
  }
  return { release: () => void file.close() };
}
