import { AppError } from '#protocol/errors.ts';

/**
 * As the file system reports it (ENOSPC; EDQUOT for a quota), or the database:
 * SQLITE_FULL, and SHMSIZE when there is no room for the index of its log.
 */
const FULL_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'];

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && FULL_CODES.includes(error.code);
}

/** The fault of a write: that of a full disk by its code, any other as it is. */
export function faultOfWrite(error: unknown): unknown {
  return isDiskFull(error) ? new AppError('storage_full', { cause: error }) : error;
}
