import { request } from 'node:http';
import { dirname } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { BaseStatus } from './base-status.ts';
import { checkPrivateFolder } from '#platform/files/private-folder.ts';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 4 * 1_048_576;

/** Notifies the base that another process changed the list of its units. */
export const UNITS_CHANGED_PATH = '/units-changed';

/**
 * @throws AppError `not_ready` when no base runs there, `internal` when something else
 * answers, `forbidden` when others could have created the socket.
 */
export async function readStatus(path: string): Promise<BaseStatus> {
  const text = await exchange(path, { method: 'GET', path: '/' });
  try {
    return BaseStatus.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('internal', { cause });
  }
}

/** Has the base look at the list of its units again. @throws AppError as {@link readStatus} */
export async function notifyUnitsChanged(path: string): Promise<void> {
  await exchange(path, { method: 'POST', path: UNITS_CHANGED_PATH });
}

async function exchange(
  socketPath: string,
  what: { readonly method: string; readonly path: string },
): Promise<string> {
  checkPrivateFolder(dirname(socketPath));
  return await new Promise<string>((resolve, reject) => {
    const outgoing = request({ socketPath, ...what, timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MAX_BYTES) outgoing.destroy(new AppError('body_too_large'));
      });
      response.on('end', () => resolve(body));
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new AppError('timed_out')));
    outgoing.on('error', (cause) => {
      reject(cause instanceof AppError ? cause : new AppError('not_ready', { cause }));
    });
    outgoing.end();
  });
}
