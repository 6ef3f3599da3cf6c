import { describe, expect, it } from 'vitest';
import { pairingUrls } from './pairing-urls.ts';

const NAMED = 'https://hub.example:8443';
const OUTSIDE = 'https://192.0.2.2:8443';
const HOME = 'https://10.0.0.5:8443';
const IPV6 = 'https://[fd00::2]:8443';

describe('the address for a base', () => {
  it('is the name that the owner gave the hub, wherever the page was opened', () => {
    expect(pairingUrls([NAMED, HOME], HOME)).toEqual([NAMED, HOME]);
  });

  it.each([
    [OUTSIDE, HOME],
    [IPV6, HOME],
  ])('is the one that the page was opened by, before the hub’s guess %s', (guess, page) => {
    expect(pairingUrls([guess, page, 'https://pc.local:8443'], page)).toEqual([
      page,
      guess,
      'https://pc.local:8443',
    ]);
  });

  it('is never one that only this machine knows, or that the hub does not', () => {
    expect(pairingUrls([OUTSIDE, HOME], 'http://localhost:8080')).toEqual([OUTSIDE, HOME]);
    expect(pairingUrls([OUTSIDE], 'https://198.51.100.7')).toEqual([OUTSIDE]);
  });

  it('is that of the page where the hub knows none', () => {
    expect(pairingUrls([], NAMED)).toEqual([NAMED]);
  });
});
