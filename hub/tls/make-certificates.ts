import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { AppError } from '#protocol/errors.ts';
import type { KeyPair } from './certificates.ts';
import type { ServerNames } from './names.ts';

export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
export const DAY_MS = 86_400_000;

/**
 * The CA is pinned by every base and cannot be made anew, so it outlives the
 * hardware, and its dates are none of this machine's clock, which may be unset.
 */
const CA_DATES = {
  notBefore: new Date(Date.UTC(2020, 0, 1)),
  notAfter: new Date(Date.UTC(2100, 0, 1) - 1_000),
};
/** Browsers refuse server certificates that live longer than 398 days. */
const SERVER_DAYS = 397;
/** Clocks of small machines are often a little behind. */
export const BACKDATE_MS = DAY_MS;

/**
 * A new local certificate authority. It bears no name constraints, since the
 * names of the machine change: whoever trusts it trusts its key, which never
 * leaves the hub, for any name.
 */
export async function makeAuthority(commonName: string): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: `CN=${commonName}`,
      ...CA_DATES,
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  return { certificate: certificate.toString('pem'), privateKey: await pemOf(keys.privateKey) };
}

/** A server certificate for these names, signed by the authority. */
export async function makeServerCertificate(
  authority: KeyPair,
  names: ServerNames,
  nowMs: number,
): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: 'CN=Signalbox hub',
      issuer: issuer.subject,
      notBefore: new Date(nowMs - BACKDATE_MS),
      notAfter: new Date(nowMs + SERVER_DAYS * DAY_MS),
      signingAlgorithm: ALGORITHM,
      signingKey: await signingKeyOf(authority),
      publicKey: keys.publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...names.dns.map((value) => ({ type: 'dns' as const, value })),
          ...names.ip.map((value) => ({ type: 'ip' as const, value })),
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, crypto),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  return { certificate: certificate.toString('pem'), privateKey: await pemOf(keys.privateKey) };
}

export async function signingKeyOf(authority: KeyPair): Promise<CryptoKey> {
  const der = x509.PemConverter.decodeFirst(authority.privateKey);
  return await crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

export async function newKeys(): Promise<CryptoKeyPair> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  if (!('privateKey' in keys)) throw new AppError('internal');
  return keys;
}

export async function pemOf(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(
    await crypto.subtle.exportKey('pkcs8', key),
    x509.PemConverter.PrivateKeyTag,
  );
}

/** 16 random bytes as RFC 5280 section 4.1.2.2 wants them: positive, not zero. */
export function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
