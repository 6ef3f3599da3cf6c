import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { explain } from './explain-error.ts';
import { requestHub } from '../pairing/request-hub.ts';
import { makeTestCertificates } from '../testing/test-certificates.ts';

const failure = (code: string, hostname?: string) =>
  Object.assign(new Error(code), { code, hostname });
const said = (cause: unknown) => explain(new AppError('hub_unreachable', { cause }));

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `https://127.0.0.1:${address.port}/`;
}

async function requested(url: string): Promise<string> {
  return requestHub({ url, trust: 'nobody-yet' }).then(() => 'an answer', explain);
}

describe('why a hub does not answer', () => {
  it.each([
    [failure('ENOTFOUND', 'hub.exampl'), /knows the name hub\.exampl/],
    [failure('EAI_AGAIN', 'hub.example'), /no DNS server.*hub\.example/],
    [failure('ENETUNREACH'), /no route/],
    [failure('EHOSTUNREACH'), /no machine/],
    [failure('UND_ERR_CONNECT_TIMEOUT'), /firewall/],
    [failure('ETIMEDOUT'), /firewall/],
  ])('is said as far as the system knows it: %s', (cause, words) => {
    expect(said(cause)).toMatch(/^The hub does not answer: [^\n]+\.$/);
    expect(said(cause)).toMatch(words);
  });

  it.each([undefined, new Error('other side closed'), failure('__proto__'), 'ENOTFOUND'])(
    'is left open where the system does not: %s',
    (cause) => {
      expect(said(cause)).toBe('The hub does not answer.');
    },
  );

  it('is that nothing listens there', async () => {
    const server = createServer();
    const url = await listen(server);
    server.close();
    await once(server, 'close');
    expect(await requested(url)).toContain('nothing is listening');
  });

  it('is not waited for without end where the answer drips', async () => {
    const certificates = await makeTestCertificates();
    const server = createHttpsServer(
      { cert: certificates.certificatePem, key: certificates.keyPem },
      (_, response) => {
        response.writeHead(200);
        const timer = setInterval(() => void response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
    );
    onTestFinished(() => void server.close());
    const request = requestHub({
      url: await listen(server),
      trust: 'nobody-yet',
      totalMs: 500,
    });
    await expect(request).rejects.toMatchObject({ code: 'hub_unreachable' });
  });

  it('is that the server there does not use TLS', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    onTestFinished(() => {
      server.close();
    });
    expect(await requested(await listen(server))).toContain('does not use TLS');
  });
});
