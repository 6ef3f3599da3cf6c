import { expect, it } from 'vitest';
import { addressKey } from './address-key.ts';
import { sharedAddresses } from './shared-addresses.ts';

it('knows the loopback in each of its spellings, and nothing else, by that word', () => {
  const isShared = sharedAddresses(['loopback']);
  for (const address of ['127.0.0.1', '127.8.0.9', '::1', '::ffff:127.0.0.1', '0:0::1']) {
    expect(isShared(addressKey(address)), address).toBe(true);
  }
  for (const address of ['128.0.0.1', '10.127.0.1', 'fe80::1', '2001:db8::1', '']) {
    expect(isShared(addressKey(address)), address).toBe(false);
  }
});

it('knows the addresses that are listed, and the network of one that is IPv6', () => {
  const isShared = sharedAddresses(['192.0.2.7', '2001:db8:1:2::9']);
  expect(isShared(addressKey('192.0.2.7'))).toBe(true);
  expect(isShared(addressKey('::ffff:192.0.2.7'))).toBe(true);
  expect(isShared(addressKey('192.0.2.8'))).toBe(false);
  expect(isShared(addressKey('2001:db8:1:2::77'))).toBe(true);
  expect(isShared(addressKey('127.0.0.1'))).toBe(false);
});
