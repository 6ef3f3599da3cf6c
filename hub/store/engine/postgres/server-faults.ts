import { AppError } from '#protocol/errors.ts';

/**
 * Codes of PostgreSQL (appendix A of its manual) that mean that the server cannot be used
 * at the moment: connection exceptions (class 08), too many connections, shutdown, crash,
 * starting up, and a read-only server, as after a fail-over.
 */
const AWAY = /^(08...|53300|57014|57P0[1-3]|25006)$/;
/** Codes of Node.js: the server cannot be reached, or the connection was cut. */
const NO_WAY: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);
/** Messages of the driver, which has no code for these. */
const CUT =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;
const FULL_DISK = '53100';

/** Maps an error of the server or its connection to an AppError; returns any other error unchanged. */
export function faultOfServer(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  if (code === FULL_DISK) return new AppError('storage_full', { cause: error });
  if (isAway(error, code)) return new AppError('storage_unavailable', { cause: error });
  return error;
}

function isAway(error: Error, code: unknown): boolean {
  return (
    NO_WAY.has(code) || (typeof code === 'string' && AWAY.test(code)) || CUT.test(error.message)
  );
}
