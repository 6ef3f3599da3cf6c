import { KEY_BYTES } from './noise-crypto.ts';

/** 32 bytes in base64 (RFC 4648): 43 digits, the last of them with two zero bits, and `=`. */
const FORM = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** Reads a unit's key, white space around it or not; undefined when it is none. */
export function parseLinkKey(text: string): Uint8Array | undefined {
  const trimmed = text.trim();
  if (!FORM.test(trimmed)) return undefined;
  return Uint8Array.from(atob(trimmed), (char) => char.charCodeAt(0));
}

/** As people and key files have it. */
export function formatLinkKey(key: Uint8Array): string {
  if (key.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes`);
  return btoa(String.fromCharCode(...key));
}
