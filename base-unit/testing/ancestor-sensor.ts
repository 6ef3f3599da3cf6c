import type { LinkEvents, Link } from '../drivers/transport/unit-transport.ts';
import type { Clock } from '#platform/clock.ts';

interface Client {
  readonly link: Link;
  isClosed: boolean;
}

interface SensorOptions {
  readonly clock: Clock;
  /** What `analogRead(A0)` gives: 0 to 1024. */
  readonly read: () => number;
}

const LOOP_MS = 1_000;

/**
 * The light sensor of the IOT dashboard suite, byte for byte: `sprintf("%d
 * ")` to each client at once and then every second, nothing else, and it reads nothing.
 * It serves one client; others are connected and get no byte until the loop notices
 * that the previous one is gone.
 */
export class AncestorSensor {
  readonly #options: SensorOptions;
  readonly #waiting: Client[] = [];
  #served: Client | undefined;
  #cancelLoop: (() => void) | undefined;
  #isFrozen = false;
  /** All that clients ever sent; the firmware reads none of it. */
  readonly unread: number[] = [];
  clients = 0;
  maxAtOnce = 0;

  constructor(options: SensorOptions) {
    this.#options = options;
  }

  readonly accept = (link: Link): LinkEvents => {
    const client: Client = { link, isClosed: false };
    this.clients += 1;
    this.#waiting.push(client);
    const open = [this.#served, ...this.#waiting].filter((one) => one && !one.isClosed);
    this.maxAtOnce = Math.max(this.maxAtOnce, open.length);
    if (!this.#served) this.#loop();
    return {
      data: (chunk) => this.unread.push(...chunk),
      closed: () => {
        client.isClosed = true;
      },
    };
  };

  /** Bytes that the firmware would not send, to whom it serves. */
  say(bytes: string | Uint8Array): void {
    this.#served?.link.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  }

  /** Sends nothing more, and keeps its connections: power or Wi-Fi is gone. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
  }

  /** Boots: who is connected is cut off. */
  restart(): void {
    this.#cancelLoop?.();
    this.#served?.link.destroy();
    for (const { link } of this.#waiting.splice(0)) link.destroy();
    this.#served = undefined;
  }

  close(): void {
    this.restart();
  }

  #loop(): void {
    if (this.#served?.isClosed) this.#served = undefined;
    while (!this.#served && this.#waiting.length > 0) {
      const next = this.#waiting.shift();
      if (next && !next.isClosed) this.#served = next;
    }
    if (!this.#served) return;
    if (!this.#isFrozen) this.say(`${this.#options.read()}\n`);
    this.#cancelLoop = this.#options.clock.after(LOOP_MS, () => {
      this.#loop();
    });
  }
}
