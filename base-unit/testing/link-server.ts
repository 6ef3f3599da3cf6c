import { createServer, type Server, type Socket } from 'node:net';
import type { LinkEvents, Link } from '../drivers/transport/unit-transport.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';

/** An in-memory server on a port of its own, which it keeps across restarts. */
export class LinkServer {
  readonly #accept: (link: Link) => LinkEvents;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(accept: (link: Link) => LinkEvents, cleanup: Cleanup) {
    this.#accept = accept;
    cleanup.add(() => this.stop());
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => {
      this.#serve(socket);
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: this.#port }, resolve);
    });
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const events = this.#accept({
      write: (bytes) => void socket.write(bytes),
      end: () => void socket.end(),
      destroy: () => void socket.destroy(),
    });
    socket.on('data', events.data);
    // An error is always followed by close, and close is what counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      events.closed();
    });
  }
}
