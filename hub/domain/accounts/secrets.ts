import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** An unguessable secret: 32 random bytes, base64url. */
export function newSecret(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/**
 * How secrets with full entropy are kept: SHA-256, base64url. Passwords are
 * not such secrets (hub/domain/accounts/password-hasher.ts).
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Whether a secret has this hash, in constant time. */
export function matchesHash(secret: string, hash: string): boolean {
  const actual = Buffer.from(hashSecret(secret));
  const expected = Buffer.from(hash);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
