import { createHash, X509Certificate } from 'node:crypto';
import { AppError } from '#protocol/errors.ts';
import { type ClaimCode, caFingerprintOf, parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import { type BaseClaim, BaseClaimed } from '#protocol/http/bases.ts';
import { newPrivateKeyPem, publicHalfOf, readPrivateKey } from './base-key.ts';
import { HubIdentity } from '../hub-link/hub-identity.ts';
import { requestHub } from './request-hub.ts';

export interface PairRequest {
  /** Origin of the hub. */
  readonly hubUrl: string;
  /** As typed. */
  readonly claimCode: string;
  readonly version: string;
}

export interface Pairing {
  readonly claimed: BaseClaimed;
  readonly privateKeyPem: string;
  readonly hubCa: string;
  /** How far the hub's clock is ahead of this machine's, roughly; undefined: unknown. */
  readonly clockOffsetMs: number | undefined;
}

/**
 * Registers this base with a hub.
 *
 * The hub's CA is fetched from a server that is not trusted yet, and trusted only if
 * its fingerprint equals the one inside the claim code, which a person carried from the
 * dashboard. The secret in the code and the public half of a new key are sent only
 * after that.
 */
export async function pair({ hubUrl, claimCode, version }: PairRequest): Promise<Pairing> {
  const code = parseClaimCode(claimCode);
  if (!code) throw new AppError('claim_code_malformed');
  const hubCa = await fetchCa(hubUrl, code);
  const privateKeyPem = newPrivateKeyPem();
  const claim: BaseClaim = {
    secret: code.secret,
    publicKey: publicHalfOf(readPrivateKey(privateKeyPem)),
    version,
  };
  const identity = new HubIdentity({ origin: hubUrl, ca: hubCa });
  const answer = await requestHub({
    url: `${hubUrl}/api/bases/claim`,
    body: JSON.stringify(claim),
    trust: identity,
  });
  const { dateMs } = answer;
  return {
    claimed: claimedIn(answer.text),
    privateKeyPem,
    hubCa,
    clockOffsetMs: dateMs === undefined ? undefined : dateMs - Date.now(),
  };
}

function claimedIn(answer: string): BaseClaimed {
  try {
    return BaseClaimed.parse(JSON.parse(answer));
  } catch (cause) {
    throw new AppError('hub_answer_foreign', { cause });
  }
}

async function fetchCa(hubUrl: string, code: ClaimCode): Promise<string> {
  const { text: pem } = await requestHub({ url: `${hubUrl}/api/ca.pem`, trust: 'nobody-yet' });
  let der: Uint8Array;
  try {
    der = new X509Certificate(pem).raw;
  } catch (cause) {
    throw new AppError('hub_not_trusted', { cause });
  }
  const fingerprint = caFingerprintOf(createHash('sha256').update(der).digest());
  if (fingerprint !== code.caFingerprint) throw new AppError('hub_not_trusted');
  // As parsed, so that nothing that came along with the certificate is trusted.
  return new X509Certificate(der).toString();
}
