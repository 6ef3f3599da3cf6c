import { parseColor } from '#protocol/thing/color.ts';
import type { LinkEvents } from '../drivers/transport/unit-transport.ts';
import type { Clock } from '#platform/clock.ts';

interface Client {
  readonly received: number[];
  isClosed: boolean;
}

/** `Stream::_timeout` of a client in the ESP8266 core. */
const READ_TIMEOUT_MS = 5_000;
/** Twelve pixels of 24 bits at 800 kHz, and the pause that latches them. */
const SHOW_MS = 1;
/** Delay between the last byte of a connection and its end over Wi-Fi, in a separate segment. */
const END_BEHIND_MS = 3;
const CR = 0x0d;

/**
 * The LED lamp of the IOT dashboard suite, byte for byte. While a client is connected
 * it calls `readStringUntil('\r')`, which returns what arrived after five seconds
 * without another byte, and does not notice that the peer has closed; then it parses an
 * HTML colour, which stops at the first invalid character, and shows it. It never
 * answers, and serves one client after the other.
 */
export class AncestorLamp {
  readonly #clock: Clock;
  readonly #waiting: Client[] = [];
  #served: Client | undefined;
  #text = '';
  #cancelRead: (() => void) | undefined;
  #isShowing = false;
  color = '#000000';
  /** Every string that it read, before it was parsed. */
  readonly read: string[] = [];
  /** Every byte that came, of each connection. */
  readonly connections: number[][] = [];
  maxAtOnce = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly accept = (): LinkEvents => {
    const client: Client = { received: [], isClosed: false };
    const bytes: number[] = [];
    this.connections.push(bytes);
    this.#waiting.push(client);
    const open = [this.#served, ...this.#waiting].filter((one) => one && !one.isClosed);
    this.maxAtOnce = Math.max(this.maxAtOnce, open.length);
    this.#run();
    return {
      data: (chunk) => {
        bytes.push(...chunk);
        client.received.push(...chunk);
        if (client === this.#served) this.#run();
      },
      closed: () => {
        client.isClosed = true;
      },
    };
  };

  readonly trailing = (arrive: () => void): void => {
    this.#clock.after(END_BEHIND_MS, arrive);
  };

  close(): void {
    this.#cancelRead?.();
    this.#waiting.length = 0;
    this.#served = undefined;
  }

  /** `connected()` is true as long as bytes wait, even if the peer has gone. */
  #run(): void {
    if (this.#isShowing) return;
    if (!this.#served) {
      this.#served = this.#waiting.shift();
      if (!this.#served) return;
      if (this.#served.isClosed && this.#served.received.length === 0) {
        this.#served = undefined;
        this.#run();
        return;
      }
      this.#armTimeout();
    }
    const { received } = this.#served;
    while (received.length > 0) {
      const byte = received.shift();
      if (byte === CR) {
        this.#show();
        return;
      }
      this.#text += String.fromCharCode(byte ?? 0);
      this.#armTimeout();
    }
  }

  #armTimeout(): void {
    this.#cancelRead?.();
    this.#cancelRead = this.#clock.after(READ_TIMEOUT_MS, () => {
      this.#show();
    });
  }

  #show(): void {
    this.#cancelRead?.();
    this.read.push(this.#text);
    this.color = parsed(this.#text) ?? this.color;
    this.#text = '';
    this.#isShowing = true;
    this.#cancelRead = this.#clock.after(SHOW_MS, () => {
      this.#isShowing = false;
      const { isClosed = true, received = [] } = this.#served ?? {};
      if (isClosed && received.length === 0) this.#served = undefined;
      else this.#armTimeout();
      this.#run();
    });
  }
}

/** It reads up to the first character that no colour has, and knows the names of CSS in any case. */
function parsed(text: string): string | undefined {
  const [word = ''] = /^#?[0-9a-z]*/i.exec(text) ?? [];
  return parseColor(word);
}
