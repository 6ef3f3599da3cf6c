import { mkdirSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ERRORS } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import { PASSWORD, signUpOwner, startTestHub } from '../../testing/test-hub.ts';

describe('bad input', () => {
  it('is answered as a problem with a code, and nothing breaks', async () => {
    const hub = await startTestHub();
    const { client, siteId } = await signUpOwner(hub);
    const sites = '/api/sites';
    expect(await client.refused({ path: sites, raw: '{' })).toBe('malformed_json');
    expect(await client.refused({ path: sites, raw: '' })).toBe('malformed_json');
    expect(await client.refused({ path: sites, raw: '{"__proto__": {}}' })).toBe('malformed_json');
    expect(await client.refused({ path: sites, body: [] })).toBe('bad_request');
    expect(await client.refused({ path: sites, body: { name: 7 } })).toBe('bad_request');
    expect(await client.refused({ path: sites, body: { name: ' ' } })).toBe('bad_request');
    expect(await client.refused({ path: sites, body: { name: 'x', role: 'owner' } })).toBe(
      'bad_request',
    );
    expect(await client.refused({ path: '/api/units/7' })).toBe('bad_request');
    const filling = 'x'.repeat(LIMITS.httpBodyBytes);
    expect(await client.refused({ path: sites, body: { name: filling } })).toBe('body_too_large');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await client.refused({ path: sites, raw: 'name=x', headers: form })).toBe(
      'unsupported_media_type',
    );
    expect(await client.refused({ path: '/api/nothing' })).toBe('not_found');
    expect(await client.refused({ method: 'PUT', path: sites, body: {} })).toBe('not_found');
    expect(await client.refused({ path: `/api/units/${'7'.repeat(300)}` })).toBe('not_found');
    expect(await client.refused({ path: '/%ff' })).toBe('not_found');
    expect(await client.done({ path: `/api/sites/${siteId}` })).toBe(200);
  });

  it('names the field, and carries the id of the request', async () => {
    const hub = await startTestHub();
    const { client } = await signUpOwner(hub);
    const answer = await client.call({ path: '/api/sites', body: { name: 7 } });
    expect(answer.body).toMatchObject({
      type: '/api/docs#error-bad_request',
      status: 400,
      retryable: false,
      details: { in: 'body', path: 'name' },
      requestId: answer.headers.get('x-request-id'),
    });
  });

  it('that is not HTTP gets no stack', async () => {
    const hub = await startTestHub();
    const port = Number(new URL(hub.addresses.http).port);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('\u0000garbage\r\n\r\n'));
      let received = '';
      socket.on('data', (chunk) => (received += chunk.toString()));
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400/);
    expect(text).not.toContain(' at ');
  });
});

describe('too many calls', () => {
  it('are told to wait, without a session and with wrong ones', async () => {
    const hub = await startTestHub({
      rateLimits: { signIn: 3, signUp: 2, claim: 2, failures: 4, open: 5 },
    });
    const client = hub.client();
    const signIn = { path: '/api/sign-in', body: { email: 'a@x.org', password: 'x' } };
    const signUp = {
      path: '/api/sign-up',
      body: { email: 'a@x.org', name: 'A', password: PASSWORD },
    };
    const claim = {
      path: '/api/bases/claim',
      body: { secret: '000000000000', publicKey: 'A'.repeat(43), version: '1' },
    };
    for (const [call, allowed, code] of [
      [signIn, 3, 'credentials_invalid'],
      [signUp, 2, 'setup_code_invalid'],
      [claim, 2, 'claim_code_invalid'],
      [{ path: '/api/sites' }, 4, 'unauthenticated'],
    ] as const) {
      for (let index = 0; index < allowed; index += 1) {
        expect(await client.refused(call)).toBe(code);
      }
      const answer = await client.call(call);
      expect(answer.body).toMatchObject({ code: 'rate_limited', retryable: true });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    for (let index = 0; index < 5; index += 1) await client.done({ path: '/api/session' });
    expect(await client.refused({ path: '/api/session' })).toBe('rate_limited');
    expect(await client.done({ path: '/healthz' })).toBe(200);
  });
});

describe('public pages', () => {
  it('is health, the CA, and the description of the API with all error codes', async () => {
    const hub = await startTestHub();
    const client = hub.client();
    expect(await client.done({ path: '/healthz' })).toBe(200);
    expect(await client.done({ path: '/readyz' })).toBe(200);
    const ca = await client.request(z.string(), { path: '/api/ca.pem' });
    expect(ca).toContain('BEGIN CERTIFICATE');
    const document = await client.request(
      z.object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
      { path: '/api/openapi.json' },
    );
    expect(Object.keys(document.paths)).toContain('/api/units/{unitId}/commands');
    const page = await client.request(z.string(), { path: '/api/docs' });
    for (const path of Object.keys(document.paths)) expect(page).toContain(path);
    for (const code of Object.keys(ERRORS)) expect(page).toContain(`id="error-${code}"`);
    expect(page).not.toContain('<script');
  });

  it('comes with strict headers', async () => {
    const hub = await startTestHub();
    const { headers } = await hub.client().call({ path: '/healthz' });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split(';')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self'",
      "manifest-src 'self'",
      "worker-src 'self'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ]);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'origin-agent-cluster': '?1',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-dns-prefetch-control': 'off',
      'x-download-options': 'noopen',
      'x-frame-options': 'DENY',
      'x-permitted-cross-domain-policies': 'none',
      'x-xss-protection': '0',
    });
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('sends HSTS and a secure cookie over TLS', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const ca = await owner.client.request(z.string(), { path: '/api/ca.pem' });
    const url = new URL(hub.addresses.https);
    const headers = await new Promise<NodeJS.Dict<string | string[]>>((resolve, reject) => {
      const call = httpsRequest(
        {
          host: '127.0.0.1',
          port: url.port,
          path: '/api/sign-in',
          method: 'POST',
          ca,
          headers: { 'content-type': 'application/json' },
        },
        (response) => {
          response.resume();
          response.on('end', () => resolve(response.headers));
        },
      );
      call.on('error', reject);
      call.end(JSON.stringify({ email: 'ada@example.org', password: PASSWORD }));
    });
    expect(headers['strict-transport-security']).toContain('max-age');
    expect(String(headers['set-cookie'])).toMatch(
      new RegExp(`^__Host-signalbox_session_${url.port}=.*Path=/;.*Secure`),
    );
    expect(String(headers['set-cookie'])).not.toContain('Domain');
  });
});

describe('two hubs on one host', () => {
  it('do not end each other’s sessions, though a browser sends both of their cookies', async () => {
    const hubs = [await startTestHub(), await startTestHub()];
    const owners = await Promise.all(hubs.map((hub) => signUpOwner(hub)));
    const cookie = owners.map(({ client }) => client.cookie ?? '').join('; ');
    const names = cookie.split('; ').map((pair) => pair.split('=')[0]);
    expect(new Set(names).size).toBe(2);
    for (const hub of hubs) {
      expect(await hub.client().done({ path: '/api/sites', headers: { cookie } })).toBe(200);
    }
  });
});

describe('the dashboard', () => {
  const page = { headers: { accept: 'text/html' } };

  it('serves its page at each of its addresses, and its files as immutable', async () => {
    const hub = await startTestHub();
    await hub.close();
    const folder = join(hub.dataFolder, 'dashboard');
    mkdirSync(join(folder, 'assets'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), '<!doctype html>board');
    writeFileSync(join(folder, 'assets', 'app-1234.js'), 'export {}');
    writeFileSync(join(folder, 'assets', 'app-1234.js.gz'), gzipSync('export {}'));
    const built = await startTestHub({ config: { dataFolder: hub.dataFolder } });
    const client = built.client();
    for (const path of ['/', '/welcome', '/units/7?tab=history']) {
      const answer = await client.call({ path, ...page });
      expect(answer.body).toBe('<!doctype html>board');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
    }
    const file = await client.call({ path: '/assets/app-1234.js' });
    expect(file.headers.get('cache-control')).toContain('immutable');
    const zipped = await client.call({
      path: '/assets/app-1234.js',
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(zipped.headers.get('content-type')).toContain('javascript');
    expect(zipped.headers.get('cache-control')).toContain('immutable');
    expect(zipped.body).toBe('export {}');
    expect(await client.refused({ path: '/assets/gone.js' })).toBe('not_found');
    expect(await client.refused({ path: '/../hub.db' })).toBe('not_found');
    expect(await client.refused({ path: '/%2e%2e/hub.db', ...page }).catch(() => 'page')).toBe(
      'page',
    );
    expect(await client.refused({ path: '/api/nothing', ...page })).toBe('not_found');
  });

  it('says how to build it when it is not built', async () => {
    const hub = await startTestHub();
    const answer = await hub.client().call({ path: '/', ...page });
    expect(answer.body).toContain('npm run build');
  });
});
