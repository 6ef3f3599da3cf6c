import type { Duplex } from 'node:stream';
import { createServer, type Server, type Socket } from 'node:net';
import {
  createServer as createSecureServer,
  type PeerCertificate,
  type SecureContextOptions,
  type Server as SecureServer,
  type TLSSocket,
} from 'node:tls';
import type { CancelTimer } from '#platform/clock.ts';
import { busyThread, limitHandshakes } from '../admission/handshake-limit.ts';
import type { CloseOne } from '../../kernel/paced-closes.ts';
import type { ClientFacts } from './client-admission.ts';
import { MqttConnection, type MqttConnectionDeps } from './connection.ts';

export interface MqttServerDeps extends Omit<MqttConnectionDeps, 'stream' | 'facts' | 'closed'> {
  /** Counts connections by their addresses; false: this one is refused, and closed. */
  readonly admitSocket: (socket: Socket) => boolean;
}

/** Concurrent TLS handshakes while the hub's thread is busy. */
const HANDSHAKES_WHEN_BUSY = 32;
const HANDSHAKE_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
/** A peer that vanished is noticed, even if it never promised to ping. */
const PROBE_AFTER_MS = 60_000;

/** The broker's listeners, and all of its connections, those over WebSocket included. */
export class MqttServer {
  readonly #deps: MqttServerDeps;
  readonly #connections = new Set<MqttConnection>();
  readonly secure: SecureServer;
  readonly plain: Server;
  #isDraining = false;
  #cancelTimer: CancelTimer | undefined;
  /** Called when the last connection has ended. */
  readonly #emptied: (() => void)[] = [];

  constructor(deps: MqttServerDeps, context: SecureContextOptions) {
    this.#deps = deps;
    this.secure = createSecureServer({
      ...context,
      // Clients that have a certificate show it; the authenticator decides what it is worth.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
    });
    limitHandshakes(this.secure, { atOnce: HANDSHAKES_WHEN_BUSY, isBusy: busyThread() });
    this.plain = createServer();
    for (const server of [this.secure, this.plain]) this.#bound(server);
    this.secure.on('secureConnection', (socket) => this.#secured(socket));
    this.secure.on('tlsClientError', (_error, socket) => socket.destroy());
    this.plain.on('connection', (socket) =>
      this.accept(socket, this.#facts(socket, { listener: 'loopback' })),
    );
  }

  get gauges(): Readonly<Record<'connections', number>> {
    return { connections: this.#connections.size };
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  start(): void {
    const { clock } = this.#deps;
    this.#cancelTimer = clock.after(LOOK_EVERY_MS, () => {
      const nowMs = clock.monotonicMs();
      for (const connection of this.#connections) connection.look(nowMs);
      this.start();
    });
  }

  setSecureContext(context: SecureContextOptions): void {
    this.secure.setSecureContext(context);
  }

  /** A client, over whatever carries its bytes. */
  accept(stream: Duplex, facts: ClientFacts): void {
    if (this.#isDraining) {
      stream.destroy();
      return;
    }
    const connection = new MqttConnection({
      ...this.#deps,
      ...{ stream, facts },
      closed: () => this.#ended(connection),
    });
    this.#connections.add(connection);
    connection.start();
  }

  /** Refuses new connections; returns functions that close those there are. */
  drain(): CloseOne[] {
    this.#isDraining = true;
    return [...this.#connections].map((connection) => () => connection.leave());
  }

  /** Resolves once the end of every session is stored. */
  async close(): Promise<void> {
    this.#cancelTimer?.();
    for (const leave of this.drain()) leave(0);
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  #ended(connection: MqttConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #secured(socket: TLSSocket): void {
    // Without one it is an empty object. A resumed session has the one that it began with.
    const certificateFingerprint = fingerprintOf(socket.getPeerCertificate());
    this.accept(socket, this.#facts(socket, { listener: 'tls', certificateFingerprint }));
  }

  #facts(
    socket: Socket,
    more: {
      readonly listener: 'tls' | 'loopback';
      readonly certificateFingerprint?: string | undefined;
    },
  ): ClientFacts {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, PROBE_AFTER_MS);
    return { certificateFingerprint: undefined, ...more, address: socket.remoteAddress ?? '' };
  }

  /** Applies the bound on connections before the server sees one, and so before its handshake. */
  #bound(server: Server | SecureServer): void {
    const begin = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!this.#deps.admitSocket(socket)) return;
      socket.on('error', () => undefined);
      for (const listener of begin) Reflect.apply(listener, server, [socket]);
    });
  }
}

function fingerprintOf({ fingerprint256 }: Partial<PeerCertificate>): string | undefined {
  return fingerprint256?.replaceAll(':', '').toLowerCase();
}
