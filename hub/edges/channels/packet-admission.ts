import type { ErrorCode } from '#protocol/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { TokenBucket } from '#platform/token-bucket.ts';

/**
 * Packets per connection, whatever they contain; a client that sends more is
 * disconnected. A multiple of the message limit, since excess messages are first
 * refused in a friendly way.
 */
const PACKETS = { burst: 2_000, perSecond: 1_000 };
/** So many bytes cost as much as one packet. */
const BYTES_PER_PACKET = 1_024;
/** Socket.IO's packet that connects to a namespace; the only one there is has no name. */
const CONNECT = /^0(\{|$)/;
/** Socket.IO's packet that requests an acknowledgement, which then arrives as a packet. */
const REQUESTS_ACK = /^2\d/;

export interface PacketAdmissionDeps {
  readonly clock: Clock;
  /** Bytes that the connection has received by now. */
  readonly receivedBytes: () => number;
  readonly cut: (code: ErrorCode) => void;
}

/**
 * Sees every packet of a connection before anything is made of it: one to
 * connect with, text only, and not too many.
 */
export class PacketAdmission {
  readonly #deps: PacketAdmissionDeps;
  readonly #bucket: TokenBucket;
  #countedBytes: number;
  #state: 'new' | 'connecting' | 'accepted' | 'cut' = 'new';

  constructor(deps: PacketAdmissionDeps) {
    this.#deps = deps;
    this.#bucket = new TokenBucket(deps.clock, PACKETS);
    this.#countedBytes = deps.receivedBytes();
  }

  /** The socket is in. */
  accepted(): void {
    if (this.#state === 'connecting') this.#state = 'accepted';
  }

  /** An Engine.IO packet of any type. */
  received(packet: { readonly type?: unknown; readonly data?: unknown }): void {
    if (!this.#pay() || packet.type !== 'message') return;
    if (typeof packet.data !== 'string') {
      // Nothing on this channel is binary.
      this.#cut('bad_request');
      return;
    }
    const isConnect = CONNECT.test(packet.data);
    if (this.#state === 'new' && isConnect) this.#state = 'connecting';
    else if (this.#state !== 'accepted' || packet.data.startsWith('0')) this.#cut('bad_request');
  }

  /** A WebSocket ping, which the library answers. */
  pinged(): void {
    this.#pay();
  }

  sent(packet: { readonly data?: unknown }): void {
    if (typeof packet.data === 'string' && REQUESTS_ACK.test(packet.data)) this.#bucket.grant(1);
  }

  #pay(): boolean {
    if (this.#state === 'cut') return false;
    const receivedBytes = this.#deps.receivedBytes();
    const bytes = receivedBytes - this.#countedBytes;
    this.#countedBytes = receivedBytes;
    if (this.#bucket.tryConsume(1 + Math.floor(bytes / BYTES_PER_PACKET))) return true;
    this.#cut('rate_limited');
    return false;
  }

  #cut(code: ErrorCode): void {
    if (this.#state === 'cut') return;
    this.#state = 'cut';
    this.#deps.cut(code);
  }
}
