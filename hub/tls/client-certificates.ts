import 'reflect-metadata';
import { createPublicKey, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { type KeyPair, fingerprintOf } from './certificates.ts';
import {
  ALGORITHM,
  BACKDATE_MS,
  DAY_MS,
  newKeys,
  pemOf,
  serialNumber,
  signingKeyOf,
} from './make-certificates.ts';

export interface ClientCertificateRequest {
  /** Its subject. */
  readonly commonName: string;
  /** PKCS #10 as PEM; undefined: a key is made. */
  readonly csr: string | undefined;
  readonly validDays: number;
}

export type ClientCertificate =
  | {
      readonly ok: true;
      readonly certificate: string;
      readonly privateKey: string | undefined;
      /** SHA-256, as hexadecimal digits. */
      readonly fingerprint: string;
      readonly expiresAtMs: number;
    }
  | { readonly ok: false; readonly reason: 'unreadable' | 'signature' | 'key' };

const CURVES = new Set(['prime256v1', 'secp384r1']);
const RSA_BITS = { min: 2_048, max: 4_096 };
/** Larger exponents are valid, and make every handshake slower. */
const RSA_EXPONENT = 65_537n;

/** A certificate for TLS clients; with a key of the hub's making, or for that of the request. */
export async function makeClientCertificate(
  authority: KeyPair,
  { commonName, csr, validDays }: ClientCertificateRequest,
  nowMs: number,
): Promise<ClientCertificate> {
  const keys = csr === undefined ? await newKeys() : undefined;
  const publicKey = keys?.publicKey ?? (await requestedKey(csr ?? ''));
  if (typeof publicKey === 'string') return { ok: false, reason: publicKey };
  const issuer = new x509.X509Certificate(authority.certificate);
  // Certificates have whole seconds.
  const expiresAtMs = Math.floor((nowMs + validDays * DAY_MS) / 1_000) * 1_000;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: [{ CN: [commonName] }],
      issuer: issuer.subject,
      notBefore: new Date(nowMs - BACKDATE_MS),
      notAfter: new Date(expiresAtMs),
      signingAlgorithm: ALGORITHM,
      signingKey: await signingKeyOf(authority),
      publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, crypto),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, crypto),
      ],
    },
    crypto,
  );
  const pem = certificate.toString('pem');
  return {
    ok: true,
    certificate: `${pem}\n`,
    privateKey: keys && `${await pemOf(keys.privateKey)}\n`,
    fingerprint: Buffer.from(await fingerprintOf(pem)).toString('hex'),
    expiresAtMs,
  };
}

/** The key that a request is for, if it is of a kind that is accepted and has signed the request. */
async function requestedKey(
  csr: string,
): Promise<x509.PublicKey | 'unreadable' | 'signature' | 'key'> {
  const request = readRequest(csr);
  if (!request) return 'unreadable';
  const { publicKey } = request;
  // Before the signature: what it costs to verify depends on the key.
  if (!isAccepted(publicKey)) return 'key';
  try {
    return (await request.verify(crypto)) ? publicKey : 'signature';
  } catch {
    return 'signature';
  }
}

function readRequest(csr: string): x509.Pkcs10CertificateRequest | undefined {
  try {
    return new x509.Pkcs10CertificateRequest(csr);
  } catch {
    return undefined;
  }
}

function isAccepted(publicKey: x509.PublicKey): boolean {
  const key = keyObject(publicKey);
  const details = key?.asymmetricKeyDetails;
  if (!key || !details) return false;
  if (key.asymmetricKeyType === 'ec') return CURVES.has(details.namedCurve ?? '');
  if (key.asymmetricKeyType !== 'rsa') return false;
  const { modulusLength = 0, publicExponent } = details;
  const isSized = modulusLength >= RSA_BITS.min && modulusLength <= RSA_BITS.max;
  return isSized && publicExponent === RSA_EXPONENT;
}

/** Undefined: not a key, such as a point that is not on its curve. */
function keyObject(publicKey: x509.PublicKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(publicKey.rawData), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
