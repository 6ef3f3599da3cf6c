/**
 * A claim code is carried by a person from the dashboard to a base: 30 characters of
 * Crockford's base 32 in groups of five.
 *
 * - characters 1 to 12: the secret, 60 bits, single use, short-lived;
 * - characters 13 to 29: the first 85 bits of the SHA-256 over the DER form of the
 *   hub's CA certificate, so that the base can verify the hub before it sends the
 *   secret;
 * - character 30: a check character over the others, so that a typing error is found
 *   before anything is sent.
 */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SECRET_CHARS = 12;
const FINGERPRINT_CHARS = 17;
const TOTAL_CHARS = SECRET_CHARS + FINGERPRINT_CHARS + 1;

export interface ClaimCode {
  /** 12 characters; what the hub stores hashed. */
  readonly secret: string;
  /** 17 characters; compare with {@link caFingerprintOf}. */
  readonly caFingerprint: string;
}

/** The first `chars` × 5 bits of some bytes in Crockford's base 32. */
function base32(bytes: Uint8Array, chars: number): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && text.length < chars) {
      bits -= 5;
      text += ALPHABET.charAt((value >> bits) & 31);
      value &= (1 << bits) - 1;
    }
  }
  return text;
}

/**
 * A Reed-Solomon check over GF(32) with the polynomial x^5 + x^2 + 1: finds
 * every single wrong character and every swap of two characters.
 */
function checkCharacter(text: string): string {
  let check = 0;
  for (const char of text) check = timesX(check ^ ALPHABET.indexOf(char));
  return ALPHABET.charAt(check);
}

function timesX(element: number): number {
  return (element << 1) ^ (element & 0b10000 ? 0b100101 : 0);
}

/** Part of a claim code that names a CA: from the SHA-256 (32 bytes) of its certificate in DER. */
export function caFingerprintOf(sha256OfCertificate: Uint8Array): string {
  return base32(sha256OfCertificate, FINGERPRINT_CHARS);
}

/** A new secret from 8 random bytes. */
export function claimSecretFrom(random: Uint8Array): string {
  return base32(random, SECRET_CHARS);
}

/** The code as people see it: `K7M2P-4T9XQ-...`. */
export function formatClaimCode(code: ClaimCode): string {
  const body = code.secret + code.caFingerprint;
  const all = body + checkCharacter(body);
  return (all.match(/.{5}/g) ?? []).join('-');
}

/** Reads a typed code: case, spaces and dashes do not matter; O is 0, I and L are 1. */
export function parseClaimCode(typed: string): ClaimCode | undefined {
  const text = typed
    .toUpperCase()
    .replaceAll(/[\s-]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  if (text.length !== TOTAL_CHARS || Array.from(text).some((char) => !ALPHABET.includes(char))) {
    return undefined;
  }
  const body = text.slice(0, -1);
  if (checkCharacter(body) !== text.at(-1)) return undefined;
  return { secret: body.slice(0, SECRET_CHARS), caFingerprint: body.slice(SECRET_CHARS) };
}
