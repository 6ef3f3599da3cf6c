import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { type NoiseCrypto, TAG_BYTES } from '#protocol/noise/noise-crypto.ts';

/** RFC 8410: the prefixes of the 32 bytes of an X25519 key in PKCS#8 and in SPKI. */
const PRIVATE_KEY_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_KEY_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const CIPHER = 'chacha20-poly1305';
const AEAD = { authTagLength: TAG_BYTES } as const;

/** The encrypted link on what Node.js brings along (OpenSSL). */
export const nodeCrypto: NoiseCrypto = {
  sha256: (data) => createHash('sha256').update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  x25519Public: (secret) => {
    const spki = createPublicKey(privateKeyOf(secret)).export({ type: 'spki', format: 'der' });
    return spki.subarray(PUBLIC_KEY_PREFIX.length);
  },
  x25519: (secret, publicKey) => {
    try {
      return diffieHellman({
        privateKey: privateKeyOf(secret),
        publicKey: createPublicKey({
          key: Buffer.concat([PUBLIC_KEY_PREFIX, publicKey]),
          type: 'spki',
          format: 'der',
        }),
      });
    } catch {
      // OpenSSL refuses a shared secret of zeros.
      return undefined;
    }
  },
  seal: ({ key, nonce, associatedData }, plaintext) => {
    const cipher = createCipheriv(CIPHER, key, nonce, AEAD);
    cipher.setAAD(associatedData, { plaintextLength: plaintext.length });
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return Buffer.concat([ciphertext, cipher.getAuthTag()]);
  },
  open: ({ key, nonce, associatedData }, sealed) => {
    const plaintextLength = sealed.length - TAG_BYTES;
    if (plaintextLength < 0) return undefined;
    const decipher = createDecipheriv(CIPHER, key, nonce, AEAD);
    decipher.setAAD(associatedData, { plaintextLength });
    decipher.setAuthTag(sealed.subarray(plaintextLength));
    const plaintext = decipher.update(sealed.subarray(0, plaintextLength));
    try {
      decipher.final();
      return plaintext;
    } catch {
      plaintext.fill(0);
      return undefined;
    }
  },
  randomBytes,
  isEqual: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};

function privateKeyOf(secret: Uint8Array): KeyObject {
  const der = Buffer.concat([PRIVATE_KEY_PREFIX, secret]);
  const key = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
  der.fill(0);
  return key;
}
