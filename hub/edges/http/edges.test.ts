import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Problem } from '#protocol/http/problem.ts';
import { startLampSite } from '../../testing/lamp-site.ts';
import { signUpOwner, startTestHub } from '../../testing/test-hub.ts';

function nested(depth: number): string {
  return `${'['.repeat(depth)}7${']'.repeat(depth)}`;
}

/** The answer to a request line as it is, which clients would mend. */
async function rawGet(origin: string, path: string): Promise<string> {
  const { port } = new URL(origin);
  return await new Promise<string>((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

describe('an address that no route could have', () => {
  it.each([
    ['no escape', '/%'],
    ['no UTF-8', '/%c0%ae'],
    ['too long', `/api/units/${'7'.repeat(3_000)}`],
  ])('is answered as any that is not there: %s', async (_what, path) => {
    const hub = await startTestHub();
    const answer = await rawGet(hub.addresses.http, path);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 404 /);
    expect(head).toMatch(/content-type: application\/problem\+json/i);
    expect(head).toMatch(/content-security-policy: default-src 'none'/i);
    expect(head).toMatch(/x-content-type-options: nosniff/i);
    const json = body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1);
    expect(Problem.parse(JSON.parse(json)).code).toBe('not_found');
  });
});

describe('answers of the API', () => {
  it('are cached by nobody', async () => {
    const hub = await startTestHub();
    const { client } = await signUpOwner(hub);
    for (const path of ['/api/session', '/api/sites', '/api/nothing', '/api/sites?x=%']) {
      const { headers } = await client.call({ path });
      expect(headers.get('cache-control'), path).toBe('no-store');
    }
  });
});

describe('JSON that is nested too deep', () => {
  it('is refused as the input of a command', async () => {
    const site = await startLampSite();
    const path = `/api/units/${site.unitId}/commands`;
    const call = (input: string) => ({
      path,
      raw: `{"verb":"invoke","affordance":"color","input":${input}}`,
    });
    expect(await site.owner.client.refused(call(nested(3_000)))).toBe('bad_request');
    expect(await site.owner.client.refused(call(nested(33)))).toBe('bad_request');
  });

  it('is refused in an event, and the others of the batch are accepted', async () => {
    const site = await startLampSite();
    const presence = {
      type: 'unit.presence' as const,
      data: { unitId: site.unitId, state: 'ready' as const, atMs: 1, lastContactAtMs: 1 },
    };
    const body = site.base
      .batch([presence, { type: 'unit.event', data: 'DEEP' }, presence])
      .replace('"DEEP"', nested(2_000));
    const answer = await site.base.post(body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ refused: [{ code: 'event_invalid' }] });
  });
});

it('closes connections that never come to terms on TLS', async () => {
  const hub = await startTestHub({ connectionTimes: { tlsHandshakeMs: 50 } });
  const { port } = new URL(hub.addresses.https);
  const ended = new Promise<void>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
  await expect(ended).resolves.toBeUndefined();
});
