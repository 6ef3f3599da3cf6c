import { concatBytes } from '../noise/noise-crypto.ts';

const MAX_BYTES = 255;

/** Texts in UTF-8, each with its length in a byte before it. @throws RangeError for one above 255 bytes. */
export function encodeTexts(...texts: readonly string[]): Uint8Array {
  const parts = texts.flatMap((text) => {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > MAX_BYTES) throw new RangeError('a text has at most 255 bytes');
    return [Uint8Array.of(bytes.length), bytes];
  });
  return concatBytes(...parts);
}

/** The texts that the bytes are; undefined when they are not texts to the last byte. */
export function readTexts(bytes: Uint8Array): string[] | undefined {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = bytes[at] ?? 0;
    const text = bytes.subarray(at + 1, at + 1 + size);
    if (text.length < size) return undefined;
    try {
      texts.push(new TextDecoder('utf-8', { fatal: true }).decode(text));
    } catch {
      return undefined;
    }
    at += 1 + size;
  }
  return texts;
}
