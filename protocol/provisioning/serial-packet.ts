import { concatBytes } from '../noise/noise-crypto.ts';

/** A packet on a unit's serial line (docs/provisioning.md section 2). */
export interface SerialPacket {
  readonly family: PacketFamily;
  readonly type: number;
  readonly data: Uint8Array;
}

/** The family of a packet: Improv Serial's, or our own. */
export type PacketFamily = 'IMPROV' | 'SIGBOX';

const FAMILIES: readonly PacketFamily[] = ['IMPROV', 'SIGBOX'];
const NAME_BYTES = 6;
const VERSION = 1;
const HEAD_BYTES = NAME_BYTES + 3;
const MAX_DATA_BYTES = 255;
const LINE_FEED = 10;

/** The packet on its own line. @throws RangeError for more than 255 bytes of data. */
export function encodeSerialPacket({ family, type, data }: SerialPacket): Uint8Array {
  if (data.length > MAX_DATA_BYTES) throw new RangeError('a packet carries at most 255 bytes');
  const name = new TextEncoder().encode(family);
  const summed = concatBytes(name, Uint8Array.of(VERSION, type, data.length), data);
  return concatBytes(Uint8Array.of(LINE_FEED), summed, Uint8Array.of(checksum(summed), LINE_FEED));
}

/**
 * Finds packets among log lines and boot messages. Holds at most one packet
 * with its head; what belongs to none is dropped.
 */
export class SerialPacketDecoder {
  #bytes: Uint8Array = new Uint8Array(0);

  /** The packets that are whole with these bytes, in their order. */
  push(chunk: Uint8Array): SerialPacket[] {
    const bytes = concatBytes(this.#bytes, chunk);
    const packets: SerialPacket[] = [];
    let at = 0;
    while (at < bytes.length) {
      const look = lookAt(bytes.subarray(at));
      if (look === 'part') break;
      if (look !== 'none') packets.push(look);
      at += look === 'none' ? 1 : HEAD_BYTES + look.data.length + 1;
    }
    this.#bytes = bytes.slice(at);
    return packets;
  }
}

/** What the bytes begin with. */
function lookAt(bytes: Uint8Array): SerialPacket | 'part' | 'none' {
  const start = String.fromCharCode(...bytes.subarray(0, NAME_BYTES));
  const family = FAMILIES.find((name) => name.startsWith(start));
  if (family === undefined) return 'none';
  const [version = VERSION, type, size] = bytes.subarray(NAME_BYTES);
  if (version !== VERSION) return 'none';
  if (type === undefined || size === undefined) return 'part';
  const sum = bytes[HEAD_BYTES + size];
  if (sum === undefined) return 'part';
  if (checksum(bytes.subarray(0, HEAD_BYTES + size)) !== sum) return 'none';
  return { family, type, data: bytes.slice(HEAD_BYTES, HEAD_BYTES + size) };
}

function checksum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}
