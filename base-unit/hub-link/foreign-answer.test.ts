import { createServer } from 'node:http';
import { createServer as createTcp } from 'node:net';
import type { Server } from 'node:net';
import { expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { FakeHub } from '../testing/fake-hub.ts';
import { startTestBase } from '../testing/test-base.ts';
import { makeTestCertificates } from '../testing/test-certificates.ts';
import { foreignAnswerIn } from './foreign-answer.ts';

/** Where a base was paired, and who answers there now. */
class ForeignServer extends FakeHub {
  place = '';
  override get url(): string {
    return this.place;
  }
}

async function baseAt(scheme: 'http' | 'https', server: Server, caPem?: string) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atTestEnd.add(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const hub = new ForeignServer();
  hub.place = `${scheme}://127.0.0.1:${address.port}`;
  const units = [{ name: 'Nobody', address: { host: '127.0.0.1', port: 1 } }];
  const hubCa = caPem === undefined ? {} : { hubCa: caPem };
  const { base } = await startTestBase({ hub, units, ...hubCa }, atTestEnd);
  return base;
}

it.each([200, 302, 511])('says that a page with %i is not of the hub', async (status) => {
  const portal = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html', location: '/sign-in' }).end('<html>');
  });
  portal.on('upgrade', (_request, socket) => {
    socket.end(`HTTP/1.1 ${status} Found\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n`);
  });
  const base = await baseAt('http', portal);
  await until('status says so', () => {
    const { hub, outbox } = base.status();
    return hub.code === 'hub_answer_foreign' && outbox.lastError === 'hub_answer_foreign';
  });
});

it('says that a server without TLS is not the hub', async () => {
  const { caPem } = await makeTestCertificates();
  const portal = createTcp((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  const base = await baseAt('https', portal, caPem);
  await until('status says so', () => {
    const { hub, outbox } = base.status();
    return hub.code === 'hub_answer_foreign' && outbox.lastError === 'hub_answer_foreign';
  });
});

it('mistakes neither a failed dial nor a busy hub for another server', () => {
  const busy = new Error('websocket error');
  expect(foreignAnswerIn(Object.assign(busy, { description: upgradeAnswer(503) }))).toBeUndefined();
  expect(foreignAnswerIn(Object.assign(busy, { description: upgradeAnswer(429) }))).toBeUndefined();
  expect(foreignAnswerIn(Object.assign(busy, { description: upgradeAnswer(302) }))).toBeDefined();
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  expect(foreignAnswerIn({ description: { error: refused } })).toBeUndefined();
});

function upgradeAnswer(status: number) {
  return { error: new Error(`Unexpected server response: ${status}`) };
}
