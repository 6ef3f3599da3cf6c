import { AppError } from '#protocol/errors.ts';

/** As a file (ENOSPC) or the database (SQLITE_FULL) tells it. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  return error.code === 'ENOSPC' || error.code === 'SQLITE_FULL';
}

/** The fault of a write: that of a full disk by its code, any other as it is. */
export function faultOfWrite(error: unknown): unknown {
  return isDiskFull(error) ? new AppError('storage_full', { cause: error }) : error;
}
