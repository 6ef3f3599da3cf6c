import { SignJWT } from 'jose';
import { randomUUID, type KeyObject } from 'node:crypto';
import { ASSERTION_AUDIENCE, ASSERTION_TTL_SECONDS } from '#protocol/hub-link/tokens.ts';
import type { BaseId } from '#protocol/ids.ts';

export interface AssertionSigner {
  readonly baseId: BaseId;
  readonly privateKey: KeyObject;
}

/**
 * The base's proof of identity: valid once, for a minute.
 *
 * @param hubNowMs the hub's clock as far as it is known, since the hub checks the
 * times.
 */
export async function makeAssertion(
  { baseId, privateKey }: AssertionSigner,
  hubNowMs: number,
): Promise<string> {
  const issuedAt = Math.floor(hubNowMs / 1_000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(baseId)
    .setSubject(baseId)
    .setAudience(ASSERTION_AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ASSERTION_TTL_SECONDS)
    .setJti(randomUUID())
    .sign(privateKey);
}
