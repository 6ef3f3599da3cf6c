import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../test/harness/virtual-units.ts';
import { AddressPolicy, type AddressPolicyDeps } from './address-policy.ts';
import { CheckedTransport, nameResolver } from './checked-transport.ts';
import { CONNECT_TIMEOUT_MS, type UnitLink } from './unit-transport.ts';

const link: UnitLink = {
  write: () => undefined,
  finish: () => undefined,
  end: () => undefined,
  destroy: () => undefined,
};
const events = { data: () => undefined, closed: () => undefined };
const OWN = [
  { address: '127.0.0.1', netmask: '255.0.0.0' },
  { address: '192.0.2.5', netmask: '255.255.255.0' },
  { address: '2001:db8::5', netmask: 'ffff:ffff:ffff:ffff::' },
];

function fixture(more: Partial<AddressPolicyDeps> = {}) {
  const dialled: string[] = [];
  const names = new Map<string, readonly string[]>();
  const requested: string[] = [];
  const clock = manualClock();
  const transport = new CheckedTransport({
    clock,
    policy: new AddressPolicy({ allowsLocal: false, named: [], own: () => OWN, ...more }),
    transport: {
      dial: ({ host, port }) => {
        dialled.push(`${host} ${port}`);
        return Promise.resolve(link);
      },
    },
    resolve: (name) => {
      requested.push(name);
      return Promise.resolve(names.get(name) ?? []);
    },
  });
  const dial = async (host: string, port = 8888) =>
    transport.dial({ host, port }, events).then(
      () => dialled.at(-1),
      (error: unknown) => error,
    );
  return { dial, dialled, names, requested, clock, transport };
}

const refused: unknown = expect.objectContaining({ code: 'unit_address_refused' });
const LOCAL = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'];
const LINK = ['169.254.1.1', 'fe80::1', '::ffff:169.254.1.1'];
const OURS = ['192.0.2.5', '::ffff:192.0.2.5', '2001:db8:0::5'];
const NEVER = [
  ...['0.0.0.0', '::', '224.0.0.1', 'ff02::1', '255.255.255.255', '192.0.2.255', '240.0.0.1'],
  ...['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '168.63.129.16'],
  ...['::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
  ...['2130706433', '127.1', '0x7f.1', '0177.0.0.1', '999.1.1.1', 'fe80::1%eth0', 'localhost.'],
];

describe('a base that dials units', () => {
  it.each(['192.0.2.6', '10.1.2.3', '::ffff:10.1.2.3', '2001:db8::6'])('dials %s', async (host) => {
    const { dial, dialled } = fixture();
    await dial(host);
    expect(dialled).toHaveLength(1);
  });

  it.each([...LOCAL, ...LINK, ...OURS])('dials %s only where its file says so', async (host) => {
    const wary = fixture();
    expect(await wary.dial(host)).toEqual(refused);
    expect(wary.dialled).toEqual([]);
    const trusting = fixture({ allowsLocal: true });
    await trusting.dial(host);
    expect(trusting.dialled).toHaveLength(1);
  });

  it.each(NEVER)('never dials %s', async (host) => {
    const { dial, dialled } = fixture({ allowsLocal: true, named: [{ host, port: 8888 }] });
    expect(await dial(host)).toEqual(refused);
    expect(dialled).toEqual([]);
  });

  it('dials a unit that its file names, there and at no other port', async () => {
    const { dial } = fixture({ named: [{ host: '127.0.0.1', port: 8888 }] });
    expect(await dial('::ffff:127.0.0.1')).toBe('127.0.0.1 8888');
    expect(await dial('127.0.0.1', 22)).toEqual(refused);
  });

  it.each([...LOCAL, ...LINK, ...OURS, '169.254.169.254', '0.0.0.0', 'fe80::1%eth0'])(
    'does not dial a name that leads to %s',
    async (ip) => {
      const { dial, dialled, names } = fixture();
      names.set('lamp.example', [ip]);
      expect(await dial('lamp.example')).toEqual(refused);
      expect(dialled).toEqual([]);
    },
  );

  it('looks a name up each time, and dials the address that it has checked', async () => {
    const { dial, names, requested } = fixture();
    names.set('lamp.example', ['127.0.0.1', '192.0.2.7']);
    expect(await dial('Lamp.example')).toBe('192.0.2.7 8888');
    names.set('lamp.example', ['127.0.0.1']);
    expect(await dial('lamp.example')).toEqual(refused);
    names.delete('lamp.example');
    expect(await dial('lamp.example')).toEqual(
      expect.objectContaining({ code: 'unit_name_unresolved' }),
    );
    expect(requested).toHaveLength(3);
  });

  it('waits for a name server as long as for a unit, and leaves no timer behind', async () => {
    const { clock } = fixture();
    const transport = new CheckedTransport({
      clock,
      policy: { allows: () => true },
      transport: { dial: () => Promise.resolve(link) },
      resolve: () => new Promise(() => undefined),
    });
    const dialled = transport.dial({ host: 'lamp.example', port: 1 }, events);
    clock.advance(CONNECT_TIMEOUT_MS);
    await expect(dialled).rejects.toMatchObject({ code: 'unit_name_unresolved' });
    expect(clock.pendingTimers).toBe(0);
  });
});

it('resolves .local names by multicast, and others as the system does', async () => {
  const requested: string[] = [];
  const resolve = nameResolver({
    resolve: (name) => {
      requested.push(name);
      return Promise.resolve(name === 'lamp.local' ? '192.0.2.7' : undefined);
    },
  });
  expect(await resolve('lamp.local')).toEqual(['192.0.2.7']);
  expect(await resolve('localhost')).toContain('127.0.0.1');
  expect(requested).toEqual(['lamp.local']);
});
