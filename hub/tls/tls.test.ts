import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { type Logger, pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { caFingerprintOf, parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import { capturePrinted } from '../../test/harness/printed.ts';
import { runHub } from '../main.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { signUpOwner, startTestHub, temporaryFolder } from '../testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';
import { makeAuthority, makeServerCertificate } from './make-certificates.ts';
import { serverNames } from './names.ts';
import { TlsService } from './tls-service.ts';

const DAY_MS = 86_400_000;

function serviceOn(
  folder: string,
  change: { clock?: ManualClock; names?: () => string[]; log?: Logger } = {},
) {
  const clock = change.clock ?? new ManualClock(Date.now());
  const names = change.names ?? (() => ['localhost', '127.0.0.1']);
  const service = new TlsService({
    folder,
    clock,
    log: change.log ?? pino({ level: 'silent' }),
    names: () => serverNames(names()),
  });
  onTestFinished(() => service.close());
  const renewed: string[] = [];
  service.onRenewed((context) => void renewed.push(context.cert));
  const start = () => service.start();
  return { service, start, renewed, clock };
}

const serverOf = (service: TlsService) => new X509Certificate(service.state.secureContext.cert);

describe('the automatic certificates', () => {
  it('name the machine, lead to a CA that is kept, and have private keys', async () => {
    const folder = temporaryFolder(onTestFinished);
    const first = serviceOn(folder, {
      names: () => ['localhost', 'attic.local', '::1', '10.0.0.7'],
    });
    await first.start();
    const certificate = serverOf(first.service);
    expect(certificate.checkHost('attic.local')).toBe('attic.local');
    expect(certificate.checkIP('10.0.0.7')).toBe('10.0.0.7');
    expect(certificate.checkIP('::1')).toBeDefined();
    const ca = new X509Certificate(first.service.state.caPem);
    expect(ca.ca).toBe(true);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    for (const key of ['ca.key', 'server.key']) {
      expect(statSync(join(folder, key)).mode & 0o777).toBe(0o600);
    }
    const second = serviceOn(folder, {
      names: () => ['localhost', 'attic.local', '::1', '10.0.0.7'],
    });
    await second.start();
    expect(second.service.state).toEqual(first.service.state);
  });

  it('are renewed when names come, and handed to the running server', async () => {
    const names = ['localhost'];
    const { service, start, renewed } = serviceOn(temporaryFolder(onTestFinished), {
      names: () => names,
    });
    await start();
    const { caFingerprint } = service.state;
    await service.check();
    expect(renewed).toEqual([]);
    names.push('10.0.0.8');
    await service.check();
    expect(renewed).toHaveLength(1);
    expect(serverOf(service).checkIP('10.0.0.8')).toBe('10.0.0.8');
    expect(service.state.caFingerprint).toBe(caFingerprint);
  });

  it('get an address that the machine gets later within a minute', async () => {
    const names = ['localhost'];
    const clock = new ManualClock(Date.now());
    const { service, start, renewed } = serviceOn(temporaryFolder(onTestFinished), {
      clock,
      names: () => names,
    });
    await start();
    names.push('10.0.0.8');
    clock.advance(60_000);
    await until('renewed', () => (renewed.length > 0 ? true : undefined));
    expect(serverOf(service).checkIP('10.0.0.8')).toBe('10.0.0.8');
  });

  it.each([
    ['unset', 0],
    ['430 days behind', Date.now() - 430 * DAY_MS],
    ['two years ahead', Date.now() + 730 * DAY_MS],
  ])(
    'are good as soon as a clock is set that was %s, and so is their CA',
    async (_how, wrongMs) => {
      const rightMs = Date.now();
      const clock = new ManualClock(wrongMs);
      const { service, start, renewed } = serviceOn(temporaryFolder(onTestFinished), { clock });
      await start();
      const { caPem } = service.state;
      clock.set(rightMs);
      clock.advance(60_000);
      await until('renewed', () => (renewed.length > 0 ? true : undefined));
      for (const certificate of [serverOf(service), new X509Certificate(caPem)]) {
        expect(Date.parse(certificate.validFrom)).toBeLessThan(rightMs);
        expect(Date.parse(certificate.validTo)).toBeGreaterThan(rightMs + 300 * DAY_MS);
      }
      expect(service.state.caPem).toBe(caPem);
    },
  );

  it('log once each missing name that was requested, with the remedy', async () => {
    const lines: string[] = [];
    const { service, start } = serviceOn(temporaryFolder(onTestFinished), {
      log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
    });
    await start();
    for (const host of ['localhost', 'hub.example', 'hub.example', '127.0.0.1', '203.0.113.9']) {
      service.requestedAs(host);
    }
    expect(lines.map((line) => z.object({ remedy: z.string() }).parse(JSON.parse(line)))).toEqual([
      { remedy: '--tls-names hub.example' },
      { remedy: '--tls-names 203.0.113.9' },
    ]);
    for (let index = 0; index < 100; index += 1) service.requestedAs(`x${index}.example`);
    expect(lines).toHaveLength(20);
  });

  it('are printed with IPv6 addresses as RFC 5952 writes them, and other names as they are', async () => {
    const names = ['*.hub.example', 'hub.example', '127.0.0.1', '2001:db8::1', '::1'];
    const { service, start } = serviceOn(temporaryFolder(onTestFinished), { names: () => names });
    await start();
    expect(service.names).toEqual(names);
  });

  it('are renewed by themselves when a third of their life is left', async () => {
    const clock = new ManualClock(Date.now());
    const { start, renewed } = serviceOn(temporaryFolder(onTestFinished), { clock });
    await start();
    const days = await until(
      'renewed',
      async () => {
        clock.set(clock.nowMs() + DAY_MS);
        clock.advance(60_000);
        await new Promise((resolve) => setImmediate(resolve));
        return renewed.length > 0 ? clock.nowMs() : undefined;
      },
      30_000,
    );
    const elapsedDays = (days - Date.now()) / DAY_MS;
    expect(elapsedDays).toBeGreaterThan(260);
    expect(elapsedDays).toBeLessThan(300);
  });

  it('are issued again for another CA, but no other CA is created for its broken key', async () => {
    const folder = temporaryFolder(onTestFinished);
    const first = serviceOn(folder);
    await first.start();
    const other = await makeAuthority('Other');
    writeFileSync(join(folder, 'ca.pem'), other.certificate);
    await expect(serviceOn(folder).start()).rejects.toMatchObject({ code: 'internal' });
    writeFileSync(join(folder, 'ca.key'), other.privateKey);
    const second = serviceOn(folder);
    await second.start();
    const ca = new X509Certificate(other.certificate);
    expect(serverOf(second.service).verify(ca.publicKey)).toBe(true);
  });
});

it('agrees on no cipher that does not authenticate what it encrypts, nor on an old TLS', async () => {
  const hub = await startTestHub();
  const port = Number(new URL(hub.addresses.https).port);
  const agreed = (options: ConnectionOptions): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
      socket.on('secureConnect', () => {
        resolve(socket.getCipher().standardName);
        socket.destroy();
      });
      socket.on('error', () => resolve('refused'));
    });
  const old = { maxVersion: 'TLSv1.2' } as const;
  expect(await agreed(old)).toMatch(/GCM|CHACHA20/);
  const cbc = 'ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:AES256-SHA';
  expect(await agreed({ ...old, ciphers: cbc })).toBe('refused');
  expect(await agreed({ ...old, ciphers: 'AES128-GCM-SHA256' })).toBe('refused');
  const older = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const;
  expect(await agreed(older)).toBe('refused');
  expect(await agreed({})).toMatch(/^TLS_/);
});

it('serves the CA in its chain, whose fingerprint is in the claim codes', async () => {
  const hub = await startTestHub();
  const owner = await signUpOwner(hub);
  const { code } = await owner.client.request(ClaimCodeCreated, {
    path: `/api/sites/${owner.siteId}/claim-codes`,
    body: { baseName: 'Attic' },
  });
  const raw = await new Promise<Buffer>((resolve, reject) => {
    const port = Number(new URL(hub.addresses.https).port);
    const ca = readFileSync(join(hub.dataFolder, 'tls', 'ca.pem'));
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      const server = socket.getPeerCertificate(true);
      socket.end();
      resolve(server.issuerCertificate.raw);
    });
    socket.on('error', reject);
  });
  const sha256 = createHash('sha256').update(raw).digest();
  expect(parseClaimCode(code)?.caFingerprint).toBe(caFingerprintOf(new Uint8Array(sha256)));
});

it('uses certificates of the user where they are given', async () => {
  const folder = temporaryFolder(onTestFinished);
  const ca = await makeAuthority('Own');
  const server = await makeServerCertificate(ca, serverNames(['127.0.0.1']), Date.now());
  const tlsCertificateFile = join(folder, 'chain.pem');
  const tlsKeyFile = join(folder, 'key.pem');
  writeFileSync(tlsCertificateFile, `${server.certificate}\n${ca.certificate}\n`);
  writeFileSync(tlsKeyFile, server.privateKey);
  const hub = await startTestHub({ config: { tlsCertificateFile, tlsKeyFile } });
  const { body } = await hub.client().call({ path: '/api/ca.pem' });
  expect(new X509Certificate(String(body)).subject).toBe('CN=Own');
});

describe('certificates of the user that cannot serve', () => {
  async function ownFiles() {
    const folder = temporaryFolder(onTestFinished);
    const ca = await makeAuthority('Own');
    const server = await makeServerCertificate(ca, serverNames(['127.0.0.1']), Date.now());
    const files = {
      chain: join(folder, 'chain.pem'),
      key: join(folder, 'key.pem'),
      ca: join(folder, 'ca.pem'),
    };
    writeFileSync(files.chain, server.certificate);
    writeFileSync(files.key, server.privateKey);
    writeFileSync(files.ca, ca.certificate);
    return files;
  }

  /** The hub's exit code, and what it says. */
  async function run(...flags: string[]) {
    const printed = capturePrinted();
    const data = temporaryFolder(onTestFinished);
    const ports = ['--https-port', '0', '--https-host', '127.0.0.1', '--http-port', '0'];
    const argv = ['--data', data, '--log-level', 'silent', ...ports, ...flags];
    const code = await runHub(argv, AbortSignal.abort());
    return { code, said: printed.err };
  }

  it('are refused in one sentence when their chain does not end with a root', async () => {
    const files = await ownFiles();
    const own = ['--tls-cert', files.chain, '--tls-key', files.key];
    const { code, said } = await run(...own);
    expect(code).toBe(2);
    expect(said).toMatch(/^signalbox hub: [^\n]*"CN=Own" with --tls-ca\.\n$/);
    expect(await run(...own, '--tls-ca', files.chain)).toMatchObject({ code: 2 });
    expect(await run(...own, '--tls-ca', files.ca)).toEqual({ code: 0, said: '' });
  });

  it('are refused in one sentence when they are not there or no certificates', async () => {
    const files = await ownFiles();
    const nothing = join(files.chain, 'nothing');
    for (const [chain, key, ca, flag] of [
      [nothing, files.key, files.ca, '--tls-cert'],
      [files.chain, nothing, files.ca, '--tls-key'],
      [files.chain, files.key, nothing, '--tls-ca'],
      [files.key, files.key, files.ca, '--tls-cert'],
      [files.chain, files.ca, files.ca, '--tls-key'],
      [files.chain, files.key, files.key, '--tls-ca'],
      [files.ca, files.key, files.ca, '--tls-key'],
    ] as const) {
      const { code, said } = await run('--tls-cert', chain, '--tls-key', key, '--tls-ca', ca);
      expect(code).toBe(2);
      expect(said).toMatch(/^signalbox hub: [^\n]+\n$/);
      expect(said).toContain(flag);
    }
  });
});
