import { describe, expect, it } from 'vitest';
import { addressKindOf, parseHost } from './host.ts';
import { UnitAddress } from './unit-address.ts';

/** As typed, as it is spelt from then on, and what it is for; null: no host at all. */
const spellings: readonly (readonly [string, string | null, string?])[] = [
  ['192.168.1.20', '192.168.1.20', 'ordinary'],
  ['10.0.0.1', '10.0.0.1', 'ordinary'],
  ['8.8.8.8', '8.8.8.8', 'ordinary'],
  ['127.0.0.1', '127.0.0.1', 'loopback'],
  ['127.255.255.254', '127.255.255.254', 'loopback'],
  ['169.254.7.7', '169.254.7.7', 'link-local'],
  ['169.254.169.254', '169.254.169.254', 'unusable'],
  ['168.63.129.16', '168.63.129.16', 'unusable'],
  ['100.100.100.200', '100.100.100.200', 'unusable'],
  ['fd00:ec2::254', 'fd00:ec2::254', 'unusable'],
  ['0.0.0.0', '0.0.0.0', 'unusable'],
  ['0.1.2.3', '0.1.2.3', 'unusable'],
  ['224.0.0.251', '224.0.0.251', 'unusable'],
  ['239.255.255.250', '239.255.255.250', 'unusable'],
  ['240.0.0.1', '240.0.0.1', 'unusable'],
  ['255.255.255.255', '255.255.255.255', 'unusable'],
  ['::1', '::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', '::1', 'loopback'],
  ['0000:0000::0001', '::1', 'loopback'],
  ['::', '::', 'unusable'],
  ['::127.0.0.1', '::7f00:1', 'unusable'],
  ['::ffff:127.0.0.1', '127.0.0.1', 'loopback'],
  ['::FFFF:7F00:1', '127.0.0.1', 'loopback'],
  ['0:0:0:0:0:ffff:169.254.169.254', '169.254.169.254', 'unusable'],
  ['::ffff:192.168.1.20', '192.168.1.20', 'ordinary'],
  ['64:ff9b::127.0.0.1', '64:ff9b::7f00:1', 'unusable'],
  ['2002:7f00:1::', '2002:7f00:1::', 'unusable'],
  ['fe80::1', 'fe80::1', 'link-local'],
  ['FEBF::1', 'febf::1', 'link-local'],
  ['ff02::fb', 'ff02::fb', 'unusable'],
  ['fd12:3456::1', 'fd12:3456::1', 'ordinary'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1', 'ordinary'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', 'ordinary'],
  ['lamp', 'lamp', 'name'],
  ['Lamp-1.Local', 'lamp-1.local', 'name'],
  ['localhost', 'localhost', 'name'],
  ['10.example', '10.example', 'name'],
  ['0xlamp', '0xlamp', 'name'],
  // What resolvers read as an address, each in its own way.
  ['2130706433', null],
  ['127.1', null],
  ['127.0.1', null],
  ['0x7f.1', null],
  ['0x7f000001', null],
  ['0x', null],
  ['0177.0.0.1', null],
  ['127.0.0.01', null],
  ['999.1.1.1', null],
  ['256.0.0.1', null],
  ['1.2.3.4.5', null],
  ['lamp.1', null],
  ['lamp.0x7f', null],
  ['127.0.0.1.', null],
  ['localhost.', null],
  ['fe80::1%eth0', null],
  ['[::1]', null],
  ['::1::', null],
  [':::', null],
  ['1:2:3:4:5:6:7', null],
  ['1:2:3:4:5:6:7:8:9', null],
  ['1:2:3:4:5:6:7::8', null],
  ['::12345', null],
  ['::127.0.1', null],
  ['127.0.0.1::', null],
  ['::ffff:0x7f.0.0.1', null],
  ['', null],
  [' 127.0.0.1', null],
  ['127.0.0.1\n', null],
  ['127。0。0。1', null],
  ['１２７.0.0.1', null],
  ['ⓛocalhost', null],
  ['a_b', null],
  ['-lamp', null],
  ['lamp-', null],
  ['lamp..local', null],
  ['user@lamp', null],
  ['lamp:80', null],
  ['lamp/..', null],
  ['a'.repeat(64), null],
  [`${'a.'.repeat(127)}a`, null],
];

const cases = spellings.map(([typed, canonical, kind = '']) => ({ typed, canonical, kind }));

describe('a host', () => {
  it.each(cases)('$typed is $canonical', ({ typed, canonical, kind }) => {
    const host = parseHost(typed);
    expect(host?.text ?? null).toBe(canonical);
    if (!host) return;
    expect(host.kind === 'name' ? 'name' : addressKindOf(host)).toBe(kind);
    // Read again it is the same, so that one spelling is all that is ever compared.
    expect(parseHost(host.text)).toEqual(host);
  });
});

describe('the address of a unit', () => {
  it.each(cases)('accepts $typed, or refuses it', ({ typed, canonical, kind }) => {
    const parsed = UnitAddress.safeParse({ host: typed, port: 8888 });
    const wanted = canonical !== null && kind !== 'unusable' ? canonical : undefined;
    expect(parsed.data?.host).toBe(wanted);
  });

  it.each([0, -1, 65_536, 1.5, '80'])('refuses port %j', (port) => {
    expect(UnitAddress.safeParse({ host: 'lamp', port }).success).toBe(false);
  });
});
