import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Server as SecureServer } from 'node:tls';

export interface HandshakeLimitOptions {
  /** Concurrent TLS handshakes, beyond which a busy hub refuses connections. */
  readonly atOnce: number;
  readonly isBusy: () => boolean;
}

/**
 * Refuses TLS connections (with a reset, which costs almost nothing) while the hub is
 * busy and has enough handshakes in progress. When a hub with thousands of bases
 * restarts, they all dial at once: if all were served in parallel, each would time out
 * before its last step, and retry.
 */
export function limitHandshakes(server: SecureServer, options: HandshakeLimitOptions): void {
  const inFlight = new Set<string>();
  // Node's own listener, which begins the handshake.
  const begin = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (inFlight.size >= options.atOnce && options.isBusy()) {
      socket.resetAndDestroy();
      return;
    }
    const peer = peerOf(socket);
    inFlight.add(peer);
    socket.once('close', () => inFlight.delete(peer));
    for (const listener of begin) Reflect.apply(listener, server, [socket]);
  });
  server.on('secureConnection', (socket) => inFlight.delete(peerOf(socket)));
}

function peerOf({
  remoteAddress,
  remotePort,
}: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Of the time of the event loop. */
const BUSY_SHARE = 0.9;
const LOOK_EVERY_MS = 200;

/** Whether this thread had no time to spare of late. */
export function busyThread(): () => boolean {
  let before = performance.eventLoopUtilization();
  let lookedAtMs = performance.now();
  let isBusy = false;
  return () => {
    const nowMs = performance.now();
    if (nowMs - lookedAtMs >= LOOK_EVERY_MS) {
      const now = performance.eventLoopUtilization();
      isBusy = performance.eventLoopUtilization(now, before).utilization >= BUSY_SHARE;
      before = now;
      lookedAtMs = nowMs;
    }
    return isBusy;
  };
}
