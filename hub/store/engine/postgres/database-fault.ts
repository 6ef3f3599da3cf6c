import { AppError } from '#protocol/errors.ts';

/**
 * Codes of PostgreSQL with which a server refuses a connection: who connects (class 28), to
 * which database (3D000), or what the user may do there (42501).
 */
const REFUSED = /^(28...|3D000|42501)$/;

/** Why a hub cannot start on a database, in one sentence; undefined if the error is something else. */
export function databaseFault(error: unknown, url: string): string | undefined {
  const at = placeOf(url);
  for (let fault = error; fault instanceof Error; fault = fault.cause) {
    if (fault instanceof AppError && fault.code === 'storage_unavailable') {
      const reason = fault.cause instanceof Error ? ` (${fault.cause.message})` : '';
      return `The database at ${at} does not answer${reason}: start it, or correct --database.`;
    }
    if ('code' in fault && typeof fault.code === 'string' && REFUSED.test(fault.code)) {
      return `The database at ${at} refuses this hub (${fault.message}): correct --database, or what the server allows.`;
    }
  }
  return undefined;
}

export function databaseInUse(url: string): string {
  return `Another program works on the database at ${placeOf(url)} alone: wait until it is done, or choose another one with --database.`;
}

/** Host, port and name of a database, without the password. */
export function placeOf(url: string): string {
  try {
    const { host, pathname, searchParams } = new URL(url);
    return `${host === '' ? (searchParams.get('host') ?? 'localhost') : host}${pathname}`;
  } catch {
    return 'the given address';
  }
}
