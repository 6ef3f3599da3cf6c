import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { AppError } from '#protocol/errors.ts';

/** A new Ed25519 key in PEM (PKCS#8). */
export function newPrivateKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** @throws AppError `bad_request` when this is not an Ed25519 private key. */
export function readPrivateKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new AppError('bad_request', { cause, details: { key: 'is not a private key in PEM' } });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new AppError('bad_request', { details: { key: 'is not an Ed25519 key' } });
  }
  return key;
}

/** The half that the hub may know: raw, 32 bytes, base64url. */
export function publicHalfOf(privateKey: KeyObject): string {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (typeof x !== 'string') throw new AppError('internal');
  return x;
}
