import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:https';
import * as x509 from '@peculiar/x509';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates.ts';
import { explain } from './explain-error.ts';
import { HubHttp } from './hub-http.ts';
import { HubIdentity } from './hub-identity.ts';

const NOW_MS = Date.now();
const LONG_AGO_MS = Date.UTC(1975, 0, 1);
const IN_YEARS_MS = NOW_MS + 3 * 365 * 86_400_000;

interface Pinned {
  readonly ca: string;
  readonly hubNowMs?: number;
}

/** The code with which a server of this certificate is refused; undefined: it is the hub. */
async function refusalOf(
  shown: Pick<TestCertificates, 'certificatePem' | 'keyPem'>,
  pinned: Pinned,
): Promise<string | undefined> {
  return (await errorOf(shown, pinned))?.code;
}

async function errorOf(
  shown: Pick<TestCertificates, 'certificatePem' | 'keyPem'>,
  pinned: Pinned,
): Promise<AppError | undefined> {
  let requested = 0;
  const server = createServer({ cert: shown.certificatePem, key: shown.keyPem }, (_, response) => {
    requested += 1;
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const origin = `https://127.0.0.1:${port}`;
  const { hubNowMs } = pinned;
  const identity = new HubIdentity({ origin, ca: pinned.ca, hubNowMs: () => hubNowMs });
  const http = new HubHttp({ origin, identity });
  onTestFinished(() => http.close());
  try {
    await http.post('/', { body: '{}', headers: {} });
    expect(identity.refusal).toBeUndefined();
    return undefined;
  } catch (error) {
    expect(requested, 'a server that is refused gets no request').toBe(0);
    if (!(error instanceof AppError)) throw error;
    return error;
  }
}

describe('a hub', () => {
  it.each([
    ['of now', NOW_MS],
    ['of before the base knows the time', LONG_AGO_MS],
    ['of after it', IN_YEARS_MS],
  ])('is known by its CA and its name, with a certificate %s', async (_when, atMs) => {
    const own = await makeTestCertificates({ atMs });
    expect(await refusalOf(own, { ca: own.caPem })).toBeUndefined();
    // The hub's clock shows that the certificate is good: this machine's is wrong.
    expect(await refusalOf(own, { ca: own.caPem, hubNowMs: atMs })).toBeUndefined();
  });

  it.each([LONG_AGO_MS, IN_YEARS_MS])(
    'whose own clock is outside of its certificate is refused for that, as of %d',
    async (atMs) => {
      const own = await makeTestCertificates({ atMs });
      const refused = await refusalOf(own, { ca: own.caPem, hubNowMs: NOW_MS });
      expect(refused).toBe('hub_certificate_expired');
    },
  );

  it.each([NOW_MS, LONG_AGO_MS, IN_YEARS_MS])(
    'of another CA is not trusted, whatever is wrong besides, as of %d',
    async (atMs) => {
      const pinned = await makeTestCertificates();
      const other = await makeTestCertificates({ atMs });
      expect(await refusalOf(other, { ca: pinned.caPem })).toBe('hub_not_trusted');
      const named = await makeTestCertificates({ atMs, name: 'other.example' });
      expect(await refusalOf(named, { ca: pinned.caPem })).toBe('hub_not_trusted');
    },
  );

  it.each([NOW_MS, LONG_AGO_MS])(
    'whose certificate lacks the name is told what to do, as of %d',
    async (atMs) => {
      const own = await makeTestCertificates({ atMs, name: 'hub.example' });
      expect(await refusalOf(own, { ca: own.caPem })).toBe('hub_name_missing');
    },
  );

  it('does not lend its name to who has a certificate of it that may not issue', async () => {
    for (const atMs of [NOW_MS, LONG_AGO_MS]) {
      const own = await makeTestCertificates({ atMs });
      const forged = await issuedBy(own, atMs);
      expect(await refusalOf(forged, { ca: own.caPem })).toBe('hub_not_trusted');
    }
  });

  it('is explained with IPv6 addresses as people write them', async () => {
    const own = await makeTestCertificates({ name: '2001:0db8:0:0::1' });
    const refused = await errorOf(own, { ca: own.caPem });
    expect(refused?.details).toEqual({ host: '127.0.0.1', names: '2001:db8::1' });
    expect(explain(refused)).toContain('only: 2001:db8::1. ');
  });

  it('is explained with its names and the remedy', () => {
    const details = { host: 'hub.example', names: 'localhost, 127.0.0.1' };
    expect(explain(new AppError('hub_name_missing', { details }))).toBe(
      'the hub’s certificate does not contain the name hub.example, only: localhost, 127.0.0.1. Start the hub with --tls-names hub.example, then try again.',
    );
  });
});

/** A certificate for 127.0.0.1 that the hub's server certificate has signed, with the chain. */
async function issuedBy(
  hub: TestCertificates,
  atMs: number,
): Promise<Pick<TestCertificates, 'certificatePem' | 'keyPem'>> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '03',
    subject: 'CN=Forged',
    issuer: new x509.X509Certificate(hub.certificatePem).subject,
    notBefore: new Date(atMs - 86_400_000),
    notAfter: new Date(atMs + 86_400_000),
    publicKey: keys.publicKey,
    signingKey: await crypto.subtle.importKey(
      'pkcs8',
      x509.PemConverter.decodeFirst(hub.keyPem),
      algorithm,
      false,
      ['sign'],
    ),
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: `${certificate.toString('pem')}\n${hub.certificatePem}\n`,
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}
