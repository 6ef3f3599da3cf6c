import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { AttemptLimit } from '../../domain/accounts/attempt-limit.ts';
import { addressKey } from '../admission/address-key.ts';
import { refuseRaw } from '../admission/raw-refusal.ts';

export interface MalformedRequestsDeps {
  /** From one address; those beyond it get no answer. */
  readonly attempts: AttemptLimit;
  readonly owesAnswer: (socket: Socket) => boolean;
  readonly log: Logger;
}

/** Node's codes for requests that timed out, or whose headers are too long. */
const STATUS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** Ends connections that do not use HTTP, at one listener. */
export function refuseMalformed(
  server: Server | SecureServer,
  { attempts, owesAnswer, log }: MalformedRequestsDeps,
): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    socket.on('error', () => undefined);
    const { code = '' } = error;
    if (code === 'ECONNRESET' || socket.destroyed || !(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    const isOver = attempts.count(addressKey(socket.remoteAddress ?? '')) !== undefined;
    log.debug({ code }, 'malformed request');
    if (isOver || owesAnswer(socket)) socket.destroy();
    else refuseRaw(socket, 'bad_request', STATUS[code]);
  });
}
