import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { HubIdentity } from '../hub-identity.ts';

/**
 * A dial without an answer is given up after this time, so that a base whose network
 * drops packets is back within 5 s of its recovery: three attempts of TCP (at 0, 1 and
 * 3 s, RFC 6298) fit, and a fourth would come at 7 s.
 */
export const DIAL_TIMEOUT_MS = 3_500;

/** A hub that was reached may be busy, but not for ever. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface DialOptions {
  readonly timeoutMs?: number;
  /** Made once by a program that dials often. */
  readonly secureContext?: SecureContext;
  /** Verifies the server before anything is sent. */
  readonly identity?: HubIdentity | undefined;
}

/** An agent with its own connect timeout. */
export function dialAgent(origin: string, options: DialOptions = {}): HttpAgent {
  const { timeoutMs = DIAL_TIMEOUT_MS, secureContext, identity } = options;
  const tls = {
    ...(secureContext === undefined ? {} : { secureContext }),
    // A session that is resumed would come without the certificates that have to be checked.
    ...(identity ? { ...identity.options, maxCachedSessions: 0 } : {}),
  };
  const agent = origin.startsWith('https:') ? new HttpsAgent(tls) : new HttpAgent();
  const dial = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const socket = dial(options, done);
    if (socket) boundDial(socket, timeoutMs);
    if (!(socket instanceof TLSSocket && identity && done)) return socket;
    whenVerified(socket, identity, done);
    return undefined;
  };
  return agent;
}

/** Hands a connection out once it is known to be the hub's: nothing is sent before. */
function whenVerified(
  socket: TLSSocket,
  identity: HubIdentity,
  done: (error: Error | null, socket: Duplex) => void,
): void {
  const timer = setTimeout(() => {
    socket.destroy(new Error(`no handshake within ${HANDSHAKE_TIMEOUT_MS} ms`));
  }, HANDSHAKE_TIMEOUT_MS);
  const fail = (error: Error): void => {
    done(error, socket);
  };
  socket.once('error', fail);
  socket.once('close', () => clearTimeout(timer));
  socket.once('secureConnect', () => {
    clearTimeout(timer);
    try {
      identity.check(socket);
    } catch (refusal) {
      socket.destroy(refusal instanceof Error ? refusal : undefined);
      return;
    }
    socket.off('error', fail);
    done(null, socket);
  });
}

function boundDial(socket: Duplex, timeoutMs: number): void {
  const timer = setTimeout(() => {
    socket.destroy(new Error(`no answer within ${timeoutMs} ms`));
  }, timeoutMs);
  const settle = () => clearTimeout(timer);
  socket.once('connect', settle);
  socket.once('close', settle);
}
