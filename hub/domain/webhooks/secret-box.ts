import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '#protocol/errors.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Secrets that the hub has to use, and so cannot hash. They are sealed with a key of the hub,
 * each for one owner: a copy of their table alone says nothing, and none fits elsewhere.
 */
export class SecretBox {
  readonly #key: Buffer;

  /** @param key as {@link newBoxKey} makes it */
  constructor(key: string) {
    const bytes = Buffer.from(key, 'base64url');
    this.#key = Buffer.from(hkdfSync('sha256', bytes, '', 'signalbox webhook secrets', KEY_BYTES));
  }

  seal(secret: Uint8Array, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(owner));
    const sealed = [cipher.update(secret), cipher.final()];
    return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** @throws AppError `internal` if it was sealed with another key, or for another owner */
  open(sealed: string, owner: string): Uint8Array {
    const bytes = Buffer.from(sealed, 'base64url');
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(owner));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]);
    } catch (cause) {
      throw new AppError('internal', { cause });
    }
  }
}

export function newBoxKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}
