import { describe, expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { startedOnce } from '../harness/started-once.ts';
import { until } from '#platform/testing/until.ts';
import { rawConnection, request, startHubTarget } from './hub-target.ts';
import { SiteList } from './site-list.ts';

const target = startedOnce((cleanup) =>
  startHubTarget(cleanup, { bounds: { connectionTimes: { closeAfterMs: 500 } } }),
);

const CHUNKED = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];

async function answerTo(bytes: string): Promise<string> {
  const { socket, received, isClosed } = await rawConnection(target().port, atTestEnd);
  socket.write(bytes, 'latin1');
  await until('the connection is over', () => isClosed());
  return received();
}

describe('requests that are no HTTP', () => {
  it.each([
    ['a chunk without a size', request('POST /api/sign-in', CHUNKED, 'zz\r\n{}\r\n')],
    ['a chunk that is longer', request('POST /api/sign-in', CHUNKED, '2\r\n{}}}\r\n')],
    ['a length twice', request('POST /api/sign-in', ['Content-Length: 1', 'Content-Length: 2'])],
    ['two framings', request('POST /api/sign-in', [...CHUNKED, 'Content-Length: 2'], '0\r\n\r\n')],
    ['no words', '\0\0\0\0\r\n\r\n'],
    ['a header without end', request('GET /', [`X: ${'x'.repeat(40_000)}`])],
  ])('are answered, ended and no error of the hub: %s', async (_what, bytes) => {
    expect(await answerTo(bytes)).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(target().logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('count as failures of their address, and then get no answer', async () => {
    const strict = await startHubTarget(atTestEnd, {
      bounds: {
        rateLimits: { failures: 5, signIn: 9, signUp: 9, claim: 9, deviceLogin: 9, open: 999 },
      },
    });
    const answers: string[] = [];
    for (let index = 0; index < 8; index += 1) {
      const { socket, received, isClosed } = await rawConnection(strict.port, atTestEnd);
      socket.write(request('POST /api/sign-in', CHUNKED, 'zz\r\n'));
      await until('it is over', () => isClosed());
      answers.push(received());
    }
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 400'))).toHaveLength(5);
    expect(answers.slice(5)).toEqual(['', '', '']);
    expect(strict.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('uploads that are too large', () => {
  it.each([
    ['declared', (bytes: number) => `Content-Length: ${bytes}`],
    ['in chunks', () => 'Transfer-Encoding: chunked'],
  ])('are answered with 413 while they continue, and closed: %s', async (_what, framing) => {
    const { owner, port } = target();
    const { sites } = await owner.get(SiteList, '/api/sites');
    const bytes = LIMITS.firmwareFileBytes + 1_000_000;
    const connection = await rawConnection(port, atTestEnd);
    connection.socket.write(
      request(`POST /api/sites/${sites[0]?.id ?? ''}/firmware`, [
        `Cookie: ${owner.cookie}`,
        'Content-Type: application/octet-stream',
        framing(bytes),
      ]),
    );
    // Never the end of it.
    const part = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`;
    for (let sent = 0; sent < bytes; sent += 65_536) connection.socket.write(part);
    await until('it is answered', () => connection.received().includes('body_too_large'));
    expect(connection.received()).toMatch(/^HTTP\/1\.1 413 /);
    await until('it is ended', () => connection.isClosed());
  });
});

it('knows its API at every spelling of its addresses', async () => {
  for (const path of ['/%61pi/session', '/api/session', '/%61pi/nothing', '/a%70i/ca.pem']) {
    const answer = await answerTo(
      request(`GET ${path}`, ['Accept: text/html', 'Connection: close']),
    );
    expect(answer.toLowerCase(), path).toContain('cache-control: no-store');
    expect(answer, path).not.toContain('<!doctype');
  }
});
