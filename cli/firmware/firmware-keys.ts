import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  type FirmwareKeyPair,
  formatPublicKey,
  PUBLIC_KEY_BYTES,
} from '#protocol/update/firmware-signature.ts';

/**
 * Writes the private key (PKCS #8 in PEM, readable only by its owner) and next to it
 * the public one (base64), `<path>.pub`. Neither file may exist.
 */
export function writeKeyFiles(path: string, keys: FirmwareKeyPair): void {
  const lines =
    Buffer.from(keys.privateKey)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const pem = ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''];
  writeFileSync(path, pem.join('\n'), { mode: 0o600, flag: 'wx' });
  writeFileSync(`${path}.pub`, `${formatPublicKey(keys.publicKey)}\n`, { flag: 'wx' });
}

/** Undefined when the file holds a private key of another kind. */
export function readPrivateKey(path: string): FirmwareKeyPair | undefined {
  const key = createPrivateKey(readFileSync(path));
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return undefined;
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    privateKey: key.export({ type: 'pkcs8', format: 'der' }),
    publicKey: spki.subarray(spki.length - PUBLIC_KEY_BYTES),
  };
}
