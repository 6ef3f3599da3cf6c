import { AppError } from '#protocol/errors.ts';

/**
 * The fault of a write: that of a full disk by its code, whether a file
 * (ENOSPC) or the database (SQLITE_FULL) tells it; any other as it is.
 */
export function faultOfWrite(error: unknown): unknown {
  return isDiskFull(error) ? new AppError('storage_full', { cause: error }) : error;
}

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  return error.code === 'ENOSPC' || error.code === 'SQLITE_FULL';
}
