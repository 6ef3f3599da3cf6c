import 'reflect-metadata';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

export interface TestCertificates {
  readonly caPem: string;
  readonly caDer: Uint8Array;
  readonly certificatePem: string;
  readonly keyPem: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** A CA of a hub, and a certificate that it signed; for 127.0.0.1 and localhost, unless for another name or address. */
export async function makeTestCertificates(
  change: { readonly name?: string; readonly atMs?: number } = {},
): Promise<TestCertificates> {
  const { name, atMs = Date.now() } = change;
  const caKeys = await makeKeys();
  const span = { notBefore: new Date(atMs - DAY_MS), notAfter: new Date(atMs + DAY_MS) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...span,
    serialNumber: '01',
    name: 'CN=Test CA',
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...span,
    serialNumber: '02',
    subject: 'CN=Test hub',
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        name === undefined
          ? [
              { type: 'ip', value: '127.0.0.1' },
              { type: 'dns', value: 'localhost' },
            ]
          : [{ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }],
      ),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    caPem: ca.toString('pem'),
    caDer: new Uint8Array(ca.rawData),
    certificatePem: certificate.toString('pem'),
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}

async function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}
