import { existsSync, readFileSync, statSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaseClaimed } from '#protocol/http/bases.ts';
import { parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import { generateKeyPairSync } from 'node:crypto';
import { capturePrinted } from '../test/harness/printed.ts';
import { runHub } from './main.ts';
import { pairBase } from './testing/fake-base.ts';
import { signUpOwner, startTestHub, temporaryFolder } from './testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';

async function usedPort(): Promise<number> {
  const server: Server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

describe('the hub as a program', () => {
  it('says in one sentence which port is in use, and exits with 2', async () => {
    const printed = capturePrinted();
    const port = await usedPort();
    const data = temporaryFolder(onTestFinished);
    const ports = ['--https-port', '0', '--https-host', '127.0.0.1', '--http-port', String(port)];
    const code = await runHub(
      ['--data', data, '--log-level', 'silent', ...ports],
      new AbortController().signal,
    );
    expect(code).toBe(2);
    expect(printed.err).toBe(
      `signalbox hub: Port ${port} is in use by another program: stop it, or choose another port with --http-port.\n`,
    );
  });

  it('exits with 64 for arguments that it does not know, with 2 for wrong settings, and with 0 for --help and a good stop', async () => {
    capturePrinted();
    const stopped = AbortSignal.abort();
    expect(await runHub(['--moon'], stopped)).toBe(64);
    expect(await runHub(['--https-port', 'moon'], stopped)).toBe(2);
    expect(await runHub(['--help'], stopped)).toBe(0);
    const data = temporaryFolder(onTestFinished);
    const ports = ['--https-port', '0', '--https-host', '127.0.0.1', '--http-port', '0'];
    expect(await runHub(['--data', data, '--log-level', 'silent', ...ports], stopped)).toBe(0);
  });

  it('can be closed repeatedly', async () => {
    const hub = await startTestHub();
    await hub.close();
    await hub.close();
    await expect(fetch(hub.addresses.http)).rejects.toThrow();
  });
});

it('leaves a claim code in a file until a base is paired with it', async () => {
  const folder = temporaryFolder(onTestFinished);
  const localClaimFile = join(folder, 'claim');
  const hub = await startTestHub({ config: { localClaimFile } });
  expect(statSync(localClaimFile).mode & 0o777).toBe(0o600);
  const code = parseClaimCode(readFileSync(localClaimFile, 'utf8'));
  await hub.client().request(BaseClaimed, {
    path: '/api/bases/claim',
    body: {
      secret: code?.secret,
      publicKey: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x,
      version: '1',
    },
  });
  await until('the file is gone', () => (existsSync(localClaimFile) ? undefined : true));
  await hub.close();
  await startTestHub({ config: { localClaimFile, dataFolder: hub.dataFolder } });
  expect(existsSync(localClaimFile)).toBe(false);
});

it('ends the claim code in the file when any base is paired, and when it stops', async () => {
  const localClaimFile = join(temporaryFolder(onTestFinished), 'claim');
  const hub = await startTestHub({ config: { localClaimFile } });
  const claim = (secret: string | undefined) => ({
    path: '/api/bases/claim',
    body: {
      secret,
      publicKey: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x,
      version: '1',
    },
  });
  const before = parseClaimCode(readFileSync(localClaimFile, 'utf8'));
  await hub.close();
  expect(existsSync(localClaimFile)).toBe(false);
  const again = await startTestHub({ config: { localClaimFile, dataFolder: hub.dataFolder } });
  expect(await again.client().refused(claim(before?.secret))).toBe('claim_code_expired');
  const local = parseClaimCode(readFileSync(localClaimFile, 'utf8'));
  await pairBase(again, await signUpOwner(again));
  await until('the file is gone', () => (existsSync(localClaimFile) ? undefined : true));
  expect(await again.client().refused(claim(local?.secret))).toBe('claim_code_expired');
});
