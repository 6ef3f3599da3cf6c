import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import type { BaseStatus } from './base-status.ts';
import { makePrivateFolder } from '#platform/files/private-folder.ts';
import { readStatus, UNITS_CHANGED_PATH } from './status-client.ts';

export interface StatusServerDeps {
  readonly path: string;
  readonly log: Logger;
  readonly status: () => BaseStatus;
  /** Another process changed the list of units. */
  readonly unitsChanged: () => void;
}

/**
 * Serves the base's status on a Unix socket that only its owner can open. The socket
 * also claims the data folder: a second base on the same folder would execute commands
 * twice, and is refused.
 */
export class StatusServer {
  readonly #deps: StatusServerDeps;
  #server: Server | undefined;

  constructor(deps: StatusServerDeps) {
    this.#deps = deps;
  }

  /**
   * @throws AppError `not_ready` when another base answers there, `forbidden`
   * when others may enter the folder of the socket.
   */
  async start(): Promise<void> {
    const { path, status, unitsChanged } = this.#deps;
    makePrivateFolder(dirname(path));
    if (await isAnswered(path)) throw new AppError('not_ready', { details: { path } });
    rmSync(path, { force: true });
    const server = createServer((request, response) => {
      if (request.method === 'POST') {
        if (request.url === UNITS_CHANGED_PATH) unitsChanged();
        response.statusCode = request.url === UNITS_CHANGED_PATH ? 204 : 404;
        response.end();
        return;
      }
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(status()));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  }
}

async function isAnswered(path: string): Promise<boolean> {
  try {
    await readStatus(path);
    return true;
  } catch (error) {
    // Something answers there, even if not what we expect.
    return !(error instanceof AppError && error.code === 'not_ready');
  }
}
