/**
 * What a person compares and types when a program signs in (docs/cli.md): 8 consonants,
 * 34 bits, in two groups. Without vowels it is no word; without digits nothing looks alike.
 */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const CHARS = 8;

/** Bytes of this and above are not used: they would make some letters likelier. */
const FAIR_BYTES = 256 - (256 % ALPHABET.length);

/** A code from random bytes; undefined where too few of them are of use. */
export function userCodeFrom(random: Uint8Array): string | undefined {
  const letters = [...random]
    .filter((byte) => byte < FAIR_BYTES)
    .map((byte) => ALPHABET.charAt(byte % ALPHABET.length));
  return letters.length < CHARS ? undefined : formatted(letters.slice(0, CHARS).join(''));
}

/** Reads a typed code: case, spaces and dashes do not matter. Undefined where it is none. */
export function parseUserCode(typed: string): string | undefined {
  const text = typed.toUpperCase().replaceAll(/[\s-]/g, '');
  const isCode = text.length === CHARS && Array.from(text).every((char) => ALPHABET.includes(char));
  return isCode ? formatted(text) : undefined;
}

function formatted(letters: string): string {
  return `${letters.slice(0, CHARS / 2)}-${letters.slice(CHARS / 2)}`;
}
