import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { refuseRaw } from './raw-refusal.ts';

/** What is left of the engine: it handles upgrades, and nothing else. */
export interface UpgradeLimitDeps {
  readonly path: string;
  /** Whether an answer is due on this connection, which an upgrade would run into. */
  readonly owesAnswer: (socket: Socket) => boolean;
}

/**
 * Lets nothing but WebSockets at their one address change the protocol of a
 * connection, and ends every other that wants to: Node takes its own timeouts
 * off a connection once somebody listens for upgrades. Called after the
 * engine was attached, which also takes requests that are the application's.
 *
 * @param requests the listeners for requests as they were before that.
 */
export function limitUpgrades(
  server: Server | SecureServer,
  requests: readonly unknown[],
  { path, owesAnswer }: UpgradeLimitDeps,
): void {
  server.removeAllListeners('request');
  for (const listener of requests) {
    if (typeof listener === 'function') {
      server.on('request', (...args) => void Reflect.apply(listener, server, args));
    }
  }
  const upgrades = server.listeners('upgrade');
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => undefined);
    if (owesAnswer(socket) || socket.remoteAddress === undefined) {
      socket.destroy();
    } else if (!isWebSocket(request, path)) {
      refuseRaw(socket, 'bad_request');
    } else {
      for (const listener of upgrades) Reflect.apply(listener, server, [request, socket, head]);
    }
  });
}

function isWebSocket({ method, url = '', headers }: IncomingMessage, path: string): boolean {
  const [pathname] = url.split('?');
  return method === 'GET' && pathname === path && headers.upgrade?.toLowerCase() === 'websocket';
}
