import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Totals {
  requests: number;
  bytes: number;
}

/** What one request holds: its slot, and the bytes of its body. */
export class RequestLoad {
  /** Of all, and of its address. */
  readonly #totals: readonly Totals[];
  #isWorking = false;
  #isAnswered = false;
  #bytes = 0;
  #isOver = false;
  #answerRejected: (() => void) | undefined;

  readonly #ended: () => void;

  constructor(totals: readonly Totals[], ended: () => void) {
    this.#totals = totals;
    this.#ended = ended;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Its body is complete, and handling begins. */
  work(): void {
    if (this.#isOver || this.#isWorking || this.#isAnswered) return;
    this.#isWorking = true;
    for (const totals of this.#totals) totals.requests += 1;
  }

  /** Bytes that are kept in memory until it is over. */
  hold(bytes: number): void {
    if (this.#isOver) return;
    this.#bytes += bytes;
    for (const totals of this.#totals) totals.bytes += bytes;
  }

  /** Its body was rejected. */
  drop(): void {
    for (const totals of this.#totals) totals.bytes -= this.#bytes;
    this.#bytes = 0;
  }

  /**
   * Its answer is ready: no work is left, however long the client takes to read it.
   *
   * @param hold keeps the sent bytes; its result is called when that is over.
   */
  answered(hold: () => () => void): void {
    if (this.#isOver || this.#isAnswered) return;
    this.#isAnswered = true;
    this.#stopWorking();
    this.#answerRejected = hold();
  }

  end(): void {
    if (this.#isOver) return;
    this.#stopWorking();
    this.#isOver = true;
    this.#answerRejected?.();
    this.#ended();
  }

  #stopWorking(): void {
    this.drop();
    if (!this.#isWorking) return;
    this.#isWorking = false;
    for (const totals of this.#totals) totals.requests -= 1;
  }
}

/**
 * The total that all requests hold. Each releases its part when it is answered, and at
 * the latest with its connection: an answer queued behind another on a broken
 * connection never ends by itself.
 */
export class LoadLedger {
  readonly #totals: Totals = { requests: 0, bytes: 0 };
  /** By address, as long as something of it is open. */
  readonly #byAddress = new Map<string, Totals & { open: number }>();
  readonly #open = new WeakMap<Socket, Set<RequestLoad>>();

  get requests(): number {
    return this.#totals.requests;
  }

  get bytes(): number {
    return this.#totals.bytes;
  }

  /** What the requests of one address hold. */
  of(address: string): Readonly<Totals> {
    return this.#byAddress.get(address) ?? { requests: 0, bytes: 0 };
  }

  open(address: string, socket: Socket, response: ServerResponse): RequestLoad {
    const ofAddress = this.#byAddress.get(address) ?? { requests: 0, bytes: 0, open: 0 };
    this.#byAddress.set(address, ofAddress);
    ofAddress.open += 1;
    const load = new RequestLoad([this.#totals, ofAddress], () => {
      ofAddress.open -= 1;
      if (ofAddress.open === 0) this.#byAddress.delete(address);
    });
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
