import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';

/**
 * A dial that nobody answers is given up after this long, so that a base whose
 * network swallows packets is back within 5 s of its end: three tries of TCP
 * (at 0, 1 and 3 s, RFC 6298) fit, and a fourth would come at 7 s.
 */
export const DIAL_TIMEOUT_MS = 3_500;

export interface DialOptions {
  readonly timeoutMs?: number;
  /** Made once by a program that dials often. */
  readonly secureContext?: SecureContext;
}

/** An agent whose dials have a bound of their own. */
export function dialAgent(origin: string, options: DialOptions = {}): HttpAgent {
  const { timeoutMs = DIAL_TIMEOUT_MS, secureContext } = options;
  const tls = secureContext === undefined ? {} : { secureContext };
  const agent = origin.startsWith('https:') ? new HttpsAgent(tls) : new HttpAgent();
  const dial = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const socket = dial(options, done);
    if (socket) boundDial(socket, timeoutMs);
    return socket;
  };
  return agent;
}

function boundDial(socket: Duplex, timeoutMs: number): void {
  const timer = setTimeout(() => {
    socket.destroy(new Error(`no answer within ${timeoutMs} ms`));
  }, timeoutMs);
  const settle = () => clearTimeout(timer);
  socket.once('connect', settle);
  socket.once('close', settle);
}
