import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What one request holds: its place among those under way, and the bytes of its body. */
export class RequestLoad {
  readonly #totals: { requests: number; bytes: number };
  #isWorking = false;
  #bytes = 0;
  #isOver = false;

  constructor(totals: { requests: number; bytes: number }) {
    this.#totals = totals;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Its body is there, and work on it begins. */
  work(): void {
    if (this.#isOver || this.#isWorking) return;
    this.#isWorking = true;
    this.#totals.requests += 1;
  }

  /** Bytes that are kept in memory until it is over. */
  hold(bytes: number): void {
    if (this.#isOver) return;
    this.#bytes += bytes;
    this.#totals.bytes += bytes;
  }

  /** Its body was given up. */
  drop(): void {
    this.#totals.bytes -= this.#bytes;
    this.#bytes = 0;
  }

  end(): void {
    if (this.#isOver) return;
    this.drop();
    this.#isOver = true;
    if (this.#isWorking) this.#totals.requests -= 1;
  }
}

/**
 * What all requests hold together. Each gives it back when it is answered,
 * and at the latest with its connection: an answer behind another one on a
 * connection that breaks off never comes to an end of its own.
 */
export class LoadLedger {
  readonly #totals = { requests: 0, bytes: 0 };
  readonly #open = new WeakMap<Socket, Set<RequestLoad>>();

  get requests(): number {
    return this.#totals.requests;
  }

  get bytes(): number {
    return this.#totals.bytes;
  }

  open(socket: Socket, response: ServerResponse): RequestLoad {
    const load = new RequestLoad(this.#totals);
    if (socket.destroyed) {
      load.end();
      return load;
    }
    const open = this.#openOn(socket);
    open.add(load);
    response.once('close', () => {
      load.end();
      open.delete(load);
    });
    return load;
  }

  #openOn(socket: Socket): Set<RequestLoad> {
    const known = this.#open.get(socket);
    if (known) return known;
    const open = new Set<RequestLoad>();
    this.#open.set(socket, open);
    socket.once('close', () => {
      for (const load of open) load.end();
      open.clear();
    });
    return open;
  }
}
