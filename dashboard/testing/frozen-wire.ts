import { createServer, connect, type Socket } from 'node:net';
import { AppError } from '#protocol/errors.ts';

/** A connection to a local server that can go dead without either end being told. */
export class FrozenWire {
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer({ pauseOnConnect: true }, (near) => this.#join(near));
  readonly #farPort: number;
  #frozen = false;

  constructor(farPort: number) {
    this.#farPort = farPort;
  }

  /** @returns the port of the near end. */
  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new AppError('internal');
    return address.port;
  }

  /** Nothing passes any more, in no direction, and no end is closed. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** New connections pass again; the frozen ones stay as they are. */
  thaw(): void {
    this.#frozen = false;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket): void {
    const far = connect(this.#farPort, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    if (this.#frozen) return;
    near.pipe(far);
    far.pipe(near);
  }
}
