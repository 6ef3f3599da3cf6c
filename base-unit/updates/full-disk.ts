import { AppError } from '#protocol/errors.ts';

/** The fault of a write: that of a full disk by its code, any other as it is. */
export function faultOfWrite(error: unknown): unknown {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  return isFull ? new AppError('storage_full', { cause: error }) : error;
}
