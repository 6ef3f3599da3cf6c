import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request, Agent } from 'undici';
import { AppError } from '#protocol/errors.ts';
import { caFingerprintOf } from '#protocol/hub-link/claim-code.ts';

export interface TrustDeps {
  /** Origin of the hub. */
  readonly origin: string;
  /** PEM of a CA that the person named. */
  readonly caFile: string | undefined;
  /** That the person has from the dashboard. */
  readonly fingerprint: string | undefined;
  /** Asks the person whether this is the hub's fingerprint; undefined: no terminal. */
  readonly confirm: ((fingerprint: string) => Promise<boolean>) | undefined;
}

const TIMEOUT_MS = 10_000;
const MAX_PEM_BYTES = 65_536;
const CA_PATH = '/api/ca.pem';

/**
 * The CA to verify a hub with, before anything is sent to it: one that was given; none
 * if the system already trusts the hub's certificate; or the hub's own, once its
 * fingerprint was confirmed by other means. The first answer is not trusted.
 *
 * @returns PEM, or undefined to use the system's list of CAs
 */
export async function trustHub(deps: TrustDeps): Promise<string | undefined> {
  const { origin, caFile, fingerprint, confirm } = deps;
  if (origin.startsWith('http:')) return undefined;
  if (caFile !== undefined) return certificateIn(await readFile(caFile, 'utf8')).toString();
  if (fingerprint === undefined && (await isTrustedBySystem(origin))) return undefined;
  const certificate = certificateIn(await fetchPem(origin));
  const found = fingerprintOf(certificate);
  if (fingerprint === undefined) {
    if (!confirm) {
      const hint = `compare ${grouped(found)} with the hub's page /connect, then pass --fingerprint`;
      throw new AppError('hub_not_trusted', { details: { hint } });
    }
    if (!(await confirm(found))) throw new AppError('hub_not_trusted');
  } else if (normal(fingerprint) !== found) {
    throw new AppError('hub_not_trusted', { details: { fingerprint: found } });
  }
  return certificate.toString();
}

/** As the dashboard shows it, in groups. */
export function grouped(fingerprint: string): string {
  return (fingerprint.match(/.{1,5}/g) ?? []).join('-');
}

function normal(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

function fingerprintOf(certificate: X509Certificate): string {
  return caFingerprintOf(createHash('sha256').update(certificate.raw).digest());
}

function certificateIn(pem: string): X509Certificate {
  try {
    // As parsed, so that nothing that came along with the certificate is trusted.
    return new X509Certificate(new X509Certificate(pem).raw);
  } catch (cause) {
    throw new AppError('hub_not_trusted', { cause });
  }
}

async function isTrustedBySystem(origin: string): Promise<boolean> {
  try {
    await get(origin, true);
    return true;
  } catch (error) {
    if (isAboutCertificate(error)) return false;
    throw new AppError('hub_unreachable', { cause: error });
  }
}

async function fetchPem(origin: string): Promise<string> {
  try {
    return await get(origin, false);
  } catch (cause) {
    throw new AppError('hub_unreachable', { cause });
  }
}

async function get(origin: string, rejectUnauthorized: boolean): Promise<string> {
  const dispatcher = new Agent({
    connect: { rejectUnauthorized, timeout: TIMEOUT_MS },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: MAX_PEM_BYTES,
  });
  try {
    const answer = await request(`${origin}${CA_PATH}`, { dispatcher });
    return await answer.body.text();
  } finally {
    await dispatcher.destroy();
  }
}

/** OpenSSL's words for a certificate that it does not believe, and Node's own for one of another name. */
export function isAboutCertificate(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return /CERT|SELF_SIGNED|UNABLE_TO_/.test(String(error.code));
}
