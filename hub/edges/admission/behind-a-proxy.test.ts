import { describe, expect, it, onTestFinished } from 'vitest';
import { connected, openSocket } from '../../testing/fake-base.ts';
import { signUpRequest } from '../../testing/sign-up-request.ts';
import { type TestHub, signUpOwner, startTestHub } from '../../testing/test-hub.ts';

const PROXIED = { trustedProxies: ['127.0.0.1'] };
const from = (address: string, more: Readonly<Record<string, string>> = {}) => ({
  'x-forwarded-for': address,
  ...more,
});

/** Wrong proofs of one client, until the hub does not say any more what is wrong. */
async function exhaust(hub: TestHub, headers: Readonly<Record<string, string>>): Promise<string> {
  const client = hub.client({ bearer: 'sbx_made-up' });
  for (let index = 0; ; index += 1) {
    const code = await client.refused({ path: '/api/sites', headers });
    if (code !== 'token_invalid' || index > 20) return code;
  }
}

async function socketRefusal(hub: TestHub, headers: Readonly<Record<string, string>>) {
  const socket = openSocket(hub, { token: 'sbx_made-up' }, headers);
  onTestFinished(() => void socket.disconnect());
  return await connected(socket);
}

describe('behind a proxy that is trusted', () => {
  it('counts each client by itself, over HTTP', async () => {
    const hub = await startTestHub({ config: PROXIED, rateLimits: { failures: 3 } });
    expect(await exhaust(hub, from('203.0.113.1'))).toBe('rate_limited');
    const other = hub.client({ bearer: 'sbx_made-up' });
    expect(await other.refused({ path: '/api/sites', headers: from('203.0.113.2') })).toBe(
      'token_invalid',
    );
    // What the first writes to the left of what its proxy adds helps it nothing.
    const spoofed = from('203.0.113.77, 203.0.113.1');
    expect(await other.refused({ path: '/api/sites', headers: spoofed })).toBe('rate_limited');
  });

  it('counts each client by itself, over sockets', async () => {
    const hub = await startTestHub({ config: PROXIED, rateLimits: { failures: 3 } });
    const codes: unknown[] = [];
    for (let index = 0; index < 5; index += 1) {
      codes.push(await socketRefusal(hub, from('203.0.113.1')));
    }
    expect(codes.at(-1)).toBe('rate_limited');
    expect(await socketRefusal(hub, from('203.0.113.2'))).toBe('token_invalid');
    expect(await socketRefusal(hub, from('9.9.9.9, 203.0.113.1'))).toBe('rate_limited');
  });

  it('counts IPv6 clients by their network', async () => {
    const hub = await startTestHub({ config: PROXIED, rateLimits: { failures: 3 } });
    expect(await exhaust(hub, from('2001:db8:1:2::1'))).toBe('rate_limited');
    expect(await exhaust(hub, from('[2001:db8:1:2:ffff::1]:4711'))).toBe('rate_limited');
    const neighbour = hub.client({ bearer: 'sbx_made-up' });
    const headers = from('2001:db8:1:3::1');
    expect(await neighbour.refused({ path: '/api/sites', headers })).toBe('token_invalid');
  });

  it('knows by it that the browser uses TLS: cookies, origins, HSTS', async () => {
    const hub = await startTestHub({ config: PROXIED });
    const headers = from('203.0.113.1', { 'x-forwarded-proto': 'https' });
    const signUp = signUpRequest({ setupCode: hub.setupCode });
    const origin = hub.addresses.http.replace('http:', 'https:');
    const plain = { ...headers, 'x-forwarded-proto': 'http', origin };
    const client = hub.client();
    expect(await client.refused({ ...signUp, headers: plain })).toBe('origin_refused');
    const answer = await client.call({ ...signUp, headers: { ...headers, origin } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('strict-transport-security')).toContain('max-age');
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-signalbox_session_\d+=.*; Secure/);
    expect(await client.done({ path: '/api/sites', headers })).toBe(200);
  });
});

describe('a peer that is not trusted', () => {
  it.each([[[]], [['10.0.0.0/8', '127.0.0.2', '::1']]])(
    'is itself, whatever it says (trusted: %j)',
    async (trustedProxies) => {
      const hub = await startTestHub({ config: { trustedProxies }, rateLimits: { failures: 3 } });
      expect(await exhaust(hub, from('203.0.113.1'))).toBe('rate_limited');
      for (const headers of [from('203.0.113.2'), { forwarded: 'for=203.0.113.3' }]) {
        const client = hub.client({ bearer: 'sbx_made-up' });
        expect(await client.refused({ path: '/api/sites', headers })).toBe('rate_limited');
      }
    },
  );

  it('gets no cookie for TLS, and no HSTS, by saying so', async () => {
    const hub = await startTestHub();
    const answer = await hub.client().call({
      path: '/healthz',
      headers: { 'x-forwarded-proto': 'https' },
    });
    expect(answer.headers.get('strict-transport-security')).toBeNull();
    const owner = await signUpOwner(hub);
    expect(owner.client.cookie).toMatch(/^signalbox_session/);
  });
});
