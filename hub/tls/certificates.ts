import { X509Certificate } from 'node:crypto';
import type { ServerNames } from './names.ts';

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Why a server certificate has to be made anew; undefined while it is good. */
export function renewalReason(
  certificatePem: string,
  wanted: { readonly authorityPem: string; readonly names: ServerNames; readonly nowMs: number },
): 'other_authority' | 'names_changed' | 'not_yet_valid' | 'expires_soon' | undefined {
  const certificate = new X509Certificate(certificatePem);
  const authority = new X509Certificate(wanted.authorityPem);
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) {
    return 'other_authority';
  }
  const missing =
    wanted.names.dns.some((name) => certificate.checkHost(name) === undefined) ||
    wanted.names.ip.some((ip) => certificate.checkIP(ip) === undefined);
  if (missing) return 'names_changed';
  const endMs = Date.parse(certificate.validTo);
  const beginMs = Date.parse(certificate.validFrom);
  // Made while the clock was ahead.
  if (beginMs > wanted.nowMs) return 'not_yet_valid';
  const lifetimeMs = endMs - beginMs;
  return endMs - wanted.nowMs <= lifetimeMs / 3 ? 'expires_soon' : undefined;
}

/** SHA-256 over the DER form of a certificate. */
export async function fingerprintOf(certificatePem: string): Promise<Uint8Array> {
  const der = new X509Certificate(certificatePem).raw;
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(der)));
}

/** The certificates of a PEM file, in their order. */
export function splitChain(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
