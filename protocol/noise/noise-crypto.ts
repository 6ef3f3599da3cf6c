/**
 * The primitives under the encrypted unit link (docs/unit-link.md section 7).
 * They are handed in, since this folder runs in every program.
 */
export interface NoiseCrypto {
  /** FIPS 180-4; 32 bytes. */
  readonly sha256: (data: Uint8Array) => Uint8Array;
  /** RFC 2104 with SHA-256; 32 bytes. */
  readonly hmacSha256: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  /** RFC 7748; the public half of a secret. */
  readonly x25519Public: (secret: Uint8Array) => Uint8Array;
  /** RFC 7748; undefined when the shared secret is all zeros (a point of low order). */
  readonly x25519: (secret: Uint8Array, publicKey: Uint8Array) => Uint8Array | undefined;
  /** RFC 8439 with a 12-byte nonce; the ciphertext and, after it, the 16-byte tag. */
  readonly seal: (box: AeadInput, plaintext: Uint8Array) => Uint8Array;
  /** The plaintext; undefined when the tag is not right, which is found in constant time. */
  readonly open: (box: AeadInput, sealed: Uint8Array) => Uint8Array | undefined;
  /** From the system's generator. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** Compares in constant time; lengths are no secret. */
  readonly isEqual: (a: Uint8Array, b: Uint8Array) => boolean;
}

export interface AeadInput {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly associatedData: Uint8Array;
}

export const TAG_BYTES = 16;
export const KEY_BYTES = 32;
export const NO_BYTES = new Uint8Array(0);

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** HKDF of the Noise specification (revision 34, section 4.3), with two outputs. */
export function hkdfPair(
  crypto: NoiseCrypto,
  chainingKey: Uint8Array,
  inputKeyMaterial: Uint8Array,
): [Uint8Array, Uint8Array] {
  const [first, second, third] = hkdfTriple(crypto, chainingKey, inputKeyMaterial);
  third.fill(0);
  return [first, second];
}

/** The same, with three outputs. */
export function hkdfTriple(
  crypto: NoiseCrypto,
  chainingKey: Uint8Array,
  inputKeyMaterial: Uint8Array,
): [Uint8Array, Uint8Array, Uint8Array] {
  const temporary = crypto.hmacSha256(chainingKey, inputKeyMaterial);
  const first = crypto.hmacSha256(temporary, Uint8Array.of(1));
  const second = crypto.hmacSha256(temporary, concatBytes(first, Uint8Array.of(2)));
  const third = crypto.hmacSha256(temporary, concatBytes(second, Uint8Array.of(3)));
  temporary.fill(0);
  return [first, second, third];
}
