import { KEY_BYTES, NO_BYTES, type NoiseCrypto } from './noise-crypto.ts';

/** Frames in one direction after which its key is replaced (docs/unit-link.md section 7.4). */
export const REKEY_EVERY_FRAMES = 4_096;
/** Frames in one direction after which a link has to end. */
const MAX_FRAMES = 2 ** 32;

/** The number of Noise's REKEY: 2^64-1, which no frame ever has. */
const REKEY_NONCE = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255);

/** One direction of an encrypted link: a key, and the number of the next frame. */
export class CipherState {
  readonly #crypto: NoiseCrypto;
  readonly #key: Uint8Array;
  #count = 0;

  /** @param key 32 bytes, which are this object's from here on: {@link wipe} overwrites them. */
  constructor(crypto: NoiseCrypto, key: Uint8Array) {
    this.#crypto = crypto;
    this.#key = key;
  }

  /** True when no further frame may be sealed. */
  get isUsedUp(): boolean {
    return this.#count >= MAX_FRAMES;
  }

  /** @throws RangeError when it is used up, which is a fault of the caller. */
  seal(associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array {
    if (this.isUsedUp) throw new RangeError('the key has sealed all it may');
    const sealed = this.#crypto.seal(this.#input(associatedData), plaintext);
    this.#advance();
    return sealed;
  }

  /** The plaintext, or undefined when this is not the next frame of the peer. */
  open(associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    if (this.isUsedUp) return undefined;
    const plaintext = this.#crypto.open(this.#input(associatedData), sealed);
    if (plaintext) this.#advance();
    return plaintext;
  }

  wipe(): void {
    this.#key.fill(0);
    this.#count = MAX_FRAMES;
  }

  #input(associatedData: Uint8Array) {
    return { key: this.#key, nonce: nonceOf(this.#count), associatedData };
  }

  #advance(): void {
    this.#count += 1;
    if (this.#count % REKEY_EVERY_FRAMES !== 0) return;
    const input = { key: this.#key, nonce: REKEY_NONCE, associatedData: NO_BYTES };
    const fresh = this.#crypto.seal(input, new Uint8Array(KEY_BYTES));
    this.#key.set(fresh.subarray(0, KEY_BYTES));
    fresh.fill(0);
  }
}

/** Four zero bytes and the number, little-endian (Noise specification, section 12.3). */
function nonceOf(count: number): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, BigInt(count), true);
  return nonce;
}
