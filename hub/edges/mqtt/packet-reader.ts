import { type Packet, parser, type Parser } from 'mqtt-packet';
import { ByteQueue } from './byte-queue.ts';
import { ProtocolFault, REASON } from './reason-codes.ts';

/** Bytes of the longest fixed header: type and remaining length. */
const MAX_HEAD = 5;
const CONNECT = 1;

export interface PacketReaderDeps {
  readonly maxBytes: number;
  readonly maxConnectBytes: number;
  readonly packet: (packet: Packet) => void;
}

/**
 * Cuts a stream of bytes into packets. The length is checked before the rest is waited for,
 * and the codec sees whole packets only: it holds no more than one.
 */
export class PacketReader {
  readonly #deps: PacketReaderDeps;
  readonly #parser: Parser;
  readonly #bytes = new ByteQueue();
  #hasConnected = false;
  #fault: unknown;

  constructor(deps: PacketReaderDeps) {
    this.#deps = deps;
    this.#parser = parser({});
    this.#parser.on('packet', (packet) => deps.packet(packet));
    this.#parser.on('error', (error) => {
      this.#fault ??= error;
    });
  }

  /** @throws ProtocolFault when the bytes are no MQTT packet, or one that is too large. */
  read(chunk: Buffer): void {
    this.#bytes.push(chunk);
    for (;;) {
      const length = this.#packetLength();
      if (length === undefined || this.#bytes.size < length) return;
      this.#parse(this.#bytes.shift(length));
    }
  }

  /** Undefined: not known yet. */
  #packetLength(): number | undefined {
    const head = this.#bytes.peek(MAX_HEAD);
    const first = head[0];
    if (first === undefined) return undefined;
    const isConnect = first >> 4 === CONNECT;
    if (!this.#hasConnected && !isConnect) {
      throw new ProtocolFault(REASON.protocolError, 'the first packet is no CONNECT');
    }
    let value = 0;
    for (let index = 1; index < MAX_HEAD; index += 1) {
      const byte = head[index];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * 128 ** (index - 1);
      if (byte < 0x80) {
        const length = value + index + 1;
        const { maxBytes, maxConnectBytes } = this.#deps;
        if (length > (this.#hasConnected ? maxBytes : maxConnectBytes)) {
          throw new ProtocolFault(REASON.packetTooLarge, 'packet too large');
        }
        return length;
      }
    }
    throw new ProtocolFault(REASON.malformed, 'malformed length');
  }

  #parse(packet: Buffer): void {
    this.#hasConnected = true;
    let left = 0;
    try {
      left = this.#parser.parse(packet);
    } catch (error) {
      this.#fault ??= error;
    }
    const fault = this.#fault;
    if (fault === undefined && left === 0) return;
    const why = fault instanceof Error ? fault.message : 'malformed packet';
    const isVersion = why === 'Invalid protocol version' || why === 'Invalid protocolId';
    throw new ProtocolFault(isVersion ? REASON.versionNotSupported : REASON.malformed, why);
  }
}
