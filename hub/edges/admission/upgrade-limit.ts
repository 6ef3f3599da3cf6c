import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { refuseRaw } from './raw-refusal.ts';

/** The remaining job of the engine: it handles upgrades only. */
export interface UpgradeLimitDeps {
  readonly path: string;
  /** Whether an answer is due on this connection, which an upgrade would run into. */
  readonly owesAnswer: (socket: Socket) => boolean;
  /** The hub stops: whoever wants a WebSocket finds another hub. */
  readonly isDraining: () => boolean;
}

/**
 * Allows only WebSockets at their one address to upgrade a connection, and closes every
 * other attempt: Node removes its own timeouts from a connection once there is a
 * listener for upgrades. Called after the engine was attached, which also intercepts
 * requests of the application.
 *
 * @param requests the listeners for requests from before that.
 */
export function limitUpgrades(
  server: Server | SecureServer,
  requests: readonly unknown[],
  { path, owesAnswer, isDraining }: UpgradeLimitDeps,
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
    } else if (isDraining()) {
      refuseRaw(socket, 'not_ready');
    } else {
      for (const listener of upgrades) Reflect.apply(listener, server, [request, socket, head]);
    }
  });
}

function isWebSocket({ method, url = '', headers }: IncomingMessage, path: string): boolean {
  const [pathname] = url.split('?');
  return method === 'GET' && pathname === path && headers.upgrade?.toLowerCase() === 'websocket';
}
