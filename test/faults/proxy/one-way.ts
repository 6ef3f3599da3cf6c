import type { Socket } from 'node:net';

/** What the network does to the bytes of one direction. */
export interface Weather {
  /** Added to the way of every byte. */
  readonly delayMs: number;
  /** undefined: as fast as possible. */
  readonly bytesPerSecond?: number;
  /**
   * held: nothing gets through until later, as when packets are retransmitted. lost: it never
   * arrives, as when the other side has forgotten the connection; such a connection is silent
   * until it is cut.
   */
  readonly passing: 'yes' | 'held' | 'lost';
}

export const FAIR: Weather = { delayMs: 0, passing: 'yes' };

/** The sender has to wait when so much is on its way. */
const MAX_BYTES_IN_FLIGHT = 262_144;

interface Parcel {
  readonly bytes: Uint8Array;
  readonly dueMs: number;
}

/** The bytes of one direction of one connection, in order. */
export class OneWay {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #parcels: Parcel[] = [];
  #weather: Weather;
  #bytesInFlight = 0;
  /** When the wire is free again, for a limited rate. */
  #freeAtMs = 0;
  #hasEnded = false;
  #isDeaf = false;
  #isFull = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, weather: Weather) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
  }

  set weather(weather: Weather) {
    this.#weather = weather;
    this.#pump();
  }

  enqueue(bytes: Uint8Array): void {
    if (this.#weather.passing === 'lost') this.#isDeaf = true;
    if (this.#isDeaf) return;
    this.#parcels.push({ bytes, dueMs: performance.now() + this.#weather.delayMs });
    this.#bytesInFlight += bytes.length;
    if (this.#bytesInFlight > MAX_BYTES_IN_FLIGHT) this.#from.pause();
    this.#pump();
  }

  /** The sender has ended; its FIN follows its bytes. */
  end(): void {
    this.#hasEnded = true;
    this.#pump();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#parcels.length = 0;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#weather.passing !== 'yes' || this.#isDeaf) return;
    for (let next = this.#parcels[0]; next; next = this.#parcels[0]) {
      const waitMs = Math.max(next.dueMs, this.#freeAtMs) - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(waitMs));
        return;
      }
      this.#parcels.shift();
      this.#pass(next.bytes);
    }
    if (this.#hasEnded) this.#to.end();
  }

  #pass(bytes: Uint8Array): void {
    const { bytesPerSecond } = this.#weather;
    if (bytesPerSecond !== undefined) {
      this.#freeAtMs = performance.now() + (bytes.length / bytesPerSecond) * 1_000;
    }
    this.#bytesInFlight -= bytes.length;
    const hasRoom = this.#to.write(bytes);
    if (!hasRoom && !this.#isFull) {
      this.#isFull = true;
      this.#from.pause();
      this.#to.once('drain', () => {
        this.#isFull = false;
        this.#from.resume();
      });
    } else if (!this.#isFull && this.#bytesInFlight <= MAX_BYTES_IN_FLIGHT) {
      this.#from.resume();
    }
  }
}
