import { describe, expect, it } from 'vitest';
import { TrustedProxies } from './trusted-proxies.ts';

const TRUSTED = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', '2001:db8:aa::/48', 'loopback']);

function clientOf(
  peer: string,
  headers: Readonly<Record<string, string>>,
  proxies = TRUSTED,
): string {
  return proxies.decide({ peer, isTls: false, headers }).address;
}

const xff = (value: string) => ({ 'x-forwarded-for': value });

describe('a client', () => {
  it.each([
    ['nobody is trusted', '10.0.0.1', new TrustedProxies([])],
    ['its peer is not', '198.51.100.9', TRUSTED],
    ['its peer is a neighbour of a trusted one', '192.0.2.8', TRUSTED],
    ['its peer is of another family', '2001:db8:ab::1', TRUSTED],
  ])('is its peer, whatever it says, when %s', (_when, peer, proxies) => {
    expect(clientOf(peer, xff('203.0.113.1'), proxies)).toBe(peer);
    expect(clientOf(peer, { forwarded: 'for=203.0.113.1' }, proxies)).toBe(peer);
    const said = { peer, isTls: false, headers: { 'x-forwarded-proto': 'https' } };
    expect(proxies.decide(said).isSecure).toBe(false);
  });

  it.each([
    ['203.0.113.1', '203.0.113.1'],
    // What the client wrote itself is on the left.
    ['1.1.1.1, 203.0.113.1', '203.0.113.1'],
    ['1.1.1.1, garbage, 10.9.9.9, 203.0.113.1', '203.0.113.1'],
    // A chain of ours.
    ['1.1.1.1, 203.0.113.1, 10.2.3.4, 192.0.2.7', '203.0.113.1'],
    ['203.0.113.1,10.2.3.4', '203.0.113.1'],
    // All of ours: the farthest.
    ['10.1.1.1, 10.2.2.2', '10.1.1.1'],
    ['203.0.113.1:4711', '203.0.113.1'],
    ['[2001:db8:1::5]:4711', '2001:db8:1::5'],
    ['[2001:db8:1::5]', '2001:db8:1::5'],
    ['2001:DB8:1:0::5', '2001:db8:1::5'],
    ['1.1.1.1, ::ffff:203.0.113.1', '203.0.113.1'],
    ['203.0.113.1, ::ffff:10.2.3.4', '203.0.113.1'],
    ['203.0.113.1, 2001:db8:aa:7::9', '203.0.113.1'],
    // What cannot be read is known by who sent it on.
    ['unknown', '10.0.0.1'],
    ['203.0.113.1, unknown, 10.2.3.4', '10.2.3.4'],
    ['hub.example', '10.0.0.1'],
    ['127.1', '10.0.0.1'],
    ['0x7f000001', '10.0.0.1'],
    ['203.0.113.1:99999999', '10.0.0.1'],
    ['', '10.0.0.1'],
    [', ,', '10.0.0.1'],
    ['203.0.113.1,', '10.0.0.1'],
  ])('behind 10.0.0.1 that says X-Forwarded-For: %s, is %s', (said, client) => {
    expect(clientOf('10.0.0.1', xff(said))).toBe(client);
    expect(clientOf('::ffff:10.0.0.1', xff(said))).toBe(client);
  });

  it.each([
    ['for=203.0.113.1', '203.0.113.1'],
    ['For="203.0.113.1:80";proto=https;by=10.0.0.1', '203.0.113.1'],
    ['proto=http;for="[2001:db8:1::5]:4711"', '2001:db8:1::5'],
    ['for=1.1.1.1, for=203.0.113.1;host=x, for=10.2.3.4', '203.0.113.1'],
    // What the client wrote ends a quotation that our proxy never opened.
    ['for="1.1.1.1, for=203.0.113.1', '203.0.113.1'],
    ['for=_hidden', '10.0.0.1'],
    ['for=unknown, for=10.2.3.4', '10.2.3.4'],
    ['by=10.0.0.1', '10.0.0.1'],
    ['for', '10.0.0.1'],
  ])('behind 10.0.0.1 that says Forwarded: %s, is %s', (forwarded, client) => {
    expect(clientOf('10.0.0.1', { forwarded })).toBe(client);
  });

  it('is not what it puts into Forwarded where a proxy writes X-Forwarded-For', () => {
    const headers = { ...xff('203.0.113.1'), forwarded: 'for=1.1.1.1;proto=https' };
    expect(clientOf('10.0.0.1', headers)).toBe('203.0.113.1');
    expect(TRUSTED.decide({ peer: '10.0.0.1', isTls: false, headers }).isSecure).toBe(false);
  });

  it('costs no more than some nodes, however long the header is', () => {
    const chain = Array.from({ length: 2_000 }, () => '10.1.1.1').join(',');
    expect(clientOf('10.0.0.1', xff(`203.0.113.1,${chain}`))).toBe('10.1.1.1');
    const hostile = xff(`${'['.repeat(10_000)}${':'.repeat(10_000)}, "${'='.repeat(10_000)}`);
    const startedMs = performance.now();
    for (let index = 0; index < 100; index += 1) clientOf('10.0.0.1', hostile);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('is as secure as its proxy says, and as its connection where it says nothing', () => {
    const secure = (headers: Record<string, string>, isTls = false) =>
      TRUSTED.decide({ peer: '127.0.0.1', isTls, headers }).isSecure;
    expect(secure({ 'x-forwarded-proto': 'https' })).toBe(true);
    expect(secure({ 'x-forwarded-proto': 'HTTPS' })).toBe(true);
    expect(secure({ 'x-forwarded-proto': 'https, http' })).toBe(false);
    expect(secure({ 'x-forwarded-proto': 'wss' })).toBe(false);
    expect(secure({ 'x-forwarded-proto': 'http' }, true)).toBe(false);
    expect(secure({ forwarded: 'for=1.1.1.1;proto=https' })).toBe(true);
    expect(secure({})).toBe(false);
    expect(secure({}, true)).toBe(true);
  });
});

it('knows the members of a network at its edges', () => {
  const proxies = new TrustedProxies(['172.16.0.0/12', '2001:db8:8::/45', '198.51.100.128/25']);
  const all = ['172.16.0.0', '172.31.255.255', '2001:db8:f::1', '198.51.100.128', '198.51.100.255'];
  expect(all.filter((address) => proxies.includes(address))).toEqual(all);
  const others = ['172.15.255.255', '172.32.0.0', '2001:db8:10::', '198.51.100.127', 'x', ''];
  expect(others.filter((address) => proxies.includes(address))).toEqual([]);
});
