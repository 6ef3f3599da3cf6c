import 'reflect-metadata';
import { X509Certificate, createHash, createPrivateKey } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { makeClientCertificate } from './client-certificates.ts';
import { makeAuthority } from './make-certificates.ts';

const NOW = Date.UTC(2026, 5, 1);
const authority = await makeAuthority('Signalbox local CA');
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const rsa = (modulusLength: number, publicExponent = [1, 0, 1]) => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength,
  publicExponent: new Uint8Array(publicExponent),
});

async function requestFor(algorithm: RsaHashedKeyGenParams | EcKeyGenParams): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  if (!('privateKey' in keys)) throw new Error('no pair');
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=somebody else, O=The hub itself',
    keys,
    signingAlgorithm: { ...algorithm, hash: 'SHA-256' },
  });
  return request.toString('pem');
}

async function issue(csr?: string) {
  return await makeClientCertificate(
    authority,
    { commonName: 'boiler-1', csr, validDays: 30 },
    NOW,
  );
}

async function issued(csr?: string) {
  const made = await issue(csr);
  if (!made.ok) throw new Error(made.reason);
  return made;
}

describe('a certificate for a client', () => {
  it('is signed by the authority, for TLS clients only, and comes with its key', async () => {
    const { certificate, privateKey = '', fingerprint, expiresAtMs } = await issued();
    const parsed = new X509Certificate(certificate);
    const ca = new X509Certificate(authority.certificate);
    expect(parsed.checkIssued(ca) && parsed.verify(ca.publicKey)).toBe(true);
    expect(parsed.ca).toBe(false);
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(parsed.subject).toBe('CN=boiler-1');
    expect(parsed.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
    expect(fingerprint).toBe(createHash('sha256').update(parsed.raw).digest('hex'));
    expect(Date.parse(parsed.validTo)).toBe(expiresAtMs);
    expect(expiresAtMs).toBe(NOW + 30 * 86_400_000);
    expect(Date.parse(parsed.validFrom)).toBeLessThan(NOW);
  });

  it.each([['P-256'], ['P-384']])(
    'is made for a key of %s that stays where it is',
    async (curve) => {
      const csr = await requestFor({ name: 'ECDSA', namedCurve: curve });
      const { certificate, privateKey } = await issued(csr);
      expect(privateKey).toBeUndefined();
      const parsed = new X509Certificate(certificate);
      // Whatever the request calls itself.
      expect(parsed.subject).toBe('CN=boiler-1');
      const requested = Buffer.from(new x509.Pkcs10CertificateRequest(csr).publicKey.rawData);
      expect(parsed.publicKey.export({ type: 'spki', format: 'der' }).equals(requested)).toBe(true);
    },
  );

  it('is made for an RSA key of 2,048 bits', async () => {
    expect((await issue(await requestFor(rsa(2_048)))).ok).toBe(true);
  });

  it.each([
    ['a short RSA key', rsa(1_024)],
    ['an RSA exponent of 3', rsa(2_048, [3])],
    ['another curve', { name: 'ECDSA', namedCurve: 'P-521' }],
  ])('is not made for %s', async (_, algorithm) => {
    expect(await issue(await requestFor(algorithm))).toEqual({ ok: false, reason: 'key' });
  });

  it('is not made for a key that did not sign the request', async () => {
    const csr = x509.PemConverter.decodeFirst(await requestFor(P256));
    const forged = new Uint8Array(csr);
    const at = forged.length - 1;
    forged[at] = (forged[at] ?? 0) ^ 1;
    const pem = x509.PemConverter.encode(forged.buffer, 'CERTIFICATE REQUEST');
    expect(await issue(pem)).toEqual({ ok: false, reason: 'signature' });
  });

  it.each([
    '',
    'hello',
    '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
  ])('is not made for %j', async (csr) => {
    expect(await issue(csr)).toEqual({ ok: false, reason: 'unreadable' });
  });

  it('is not made for a certificate in place of a request', async () => {
    expect(await issue(authority.certificate)).toEqual({ ok: false, reason: 'unreadable' });
  });
});
