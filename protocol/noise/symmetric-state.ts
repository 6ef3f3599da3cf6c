import { CipherState } from './cipher-state.ts';
import { concatBytes, hkdfPair, hkdfTriple, NO_BYTES, type NoiseCrypto } from './noise-crypto.ts';

/** What both sides of a handshake have in common so far (Noise specification, section 5.2). */
export class SymmetricState {
  readonly #crypto: NoiseCrypto;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #cipher: CipherState | undefined;

  /** @param protocolName longer than 32 characters, as both of ours are; it is hashed. */
  constructor(crypto: NoiseCrypto, protocolName: string) {
    this.#crypto = crypto;
    this.#hash = crypto.sha256(new TextEncoder().encode(protocolName));
    this.#chainingKey = Uint8Array.from(this.#hash);
  }

  get handshakeHash(): Uint8Array {
    return this.#hash;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#crypto.sha256(concatBytes(this.#hash, data));
  }

  mixKey(material: Uint8Array): void {
    const [chainingKey, key] = hkdfPair(this.#crypto, this.#chainingKey, material);
    this.#replace(chainingKey, key);
  }

  mixKeyAndHash(material: Uint8Array): void {
    const [chainingKey, hash, key] = hkdfTriple(this.#crypto, this.#chainingKey, material);
    this.mixHash(hash);
    hash.fill(0);
    this.#replace(chainingKey, key);
  }

  /** The key must have been mixed in. */
  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const sealed = this.#keyed().seal(this.#hash, plaintext);
    this.mixHash(sealed);
    return sealed;
  }

  decryptAndHash(sealed: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#keyed().open(this.#hash, sealed);
    if (plaintext) this.mixHash(sealed);
    return plaintext;
  }

  /** Keys for a purpose other than the link itself, bound to the whole handshake. */
  derive(label: string): [Uint8Array, Uint8Array] {
    const material = concatBytes(new TextEncoder().encode(label), this.#hash);
    return hkdfPair(this.#crypto, this.#chainingKey, material);
  }

  /** The ciphers of the initiator's and of the responder's frames. */
  split(): [CipherState, CipherState] {
    const [first, second] = hkdfPair(this.#crypto, this.#chainingKey, NO_BYTES);
    return [new CipherState(this.#crypto, first), new CipherState(this.#crypto, second)];
  }

  wipe(): void {
    this.#chainingKey.fill(0);
    this.#cipher?.wipe();
    this.#cipher = undefined;
  }

  #replace(chainingKey: Uint8Array, key: Uint8Array): void {
    this.wipe();
    this.#chainingKey = chainingKey;
    this.#cipher = new CipherState(this.#crypto, key);
  }

  #keyed(): CipherState {
    if (!this.#cipher) throw new RangeError('nothing was mixed into the key yet');
    return this.#cipher;
  }
}
