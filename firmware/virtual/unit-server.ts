import { createServer, type Server, type Socket } from 'node:net';
import type { VirtualUnit } from './virtual-unit.ts';

/** A peer that reads nothing is disconnected. */
const MAX_UNSENT_BYTES = 65_536;

interface UnitServerDeps {
  readonly unit: VirtualUnit;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** A unit on a TCP port. */
export class UnitServer {
  readonly #deps: UnitServerDeps;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(deps: UnitServerDeps) {
    this.#deps = deps;
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#serve(socket);
    });
  }

  /** @returns the port it listens on. */
  async start(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: this.#deps.host, port: this.#deps.port }, resolve);
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#deps.port;
  }

  async close(): Promise<void> {
    this.#deps.unit.close();
    for (const socket of this.#sockets) socket.destroySoon();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const events = this.#deps.unit.accept({
      write: (bytes) => {
        socket.write(bytes);
        if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
      },
      end: () => {
        socket.end();
      },
      destroy: () => {
        socket.destroy();
      },
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
