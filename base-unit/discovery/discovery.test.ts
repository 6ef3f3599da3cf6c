import { expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { manualClock } from '../../test/harness/virtual-units.ts';
import { MAX_CLAIMS_PER_NAME } from './claims.ts';
import { Discovery } from './discovery.ts';
import { type MdnsListener, type MdnsQuestion, type MdnsRecord, SERVICE } from './mdns-link.ts';

interface Announced {
  readonly id?: string;
  readonly instance?: string;
  readonly host?: string;
  readonly ip?: string;
  readonly ttlS?: number;
}

function announcement(of: Announced = {}): MdnsRecord[] {
  const { id = 'lamp-1', instance = id, host = `${id}.local`, ip = '192.0.2.7', ttlS = 120 } = of;
  const name = `${instance}.${SERVICE}`;
  return [
    { type: 'PTR', name: SERVICE, ttlS, target: name },
    { type: 'SRV', name, ttlS, target: host, port: 8888 },
    { type: 'TXT', name, ttlS, entries: { id, model: 'rgb-lamp', v: '1', enc: '1' } },
    { type: 'A', name: host, ttlS, ip },
  ];
}

function build() {
  const clock = manualClock();
  const queried: MdnsQuestion[] = [];
  let say: MdnsListener = () => undefined;
  const discovery = new Discovery({
    clock,
    link: {
      listen: (onRecords) => {
        say = onRecords;
      },
      query: (questions) => queried.push(...questions),
      close: () => Promise.resolve(),
    },
  });
  discovery.start();
  atTestEnd.add(() => discovery.close());
  return {
    ...{ clock, queried, discovery },
    say: (records: readonly MdnsRecord[], sender = '192.0.2.7') => say(records, sender),
  };
}

it('knows what a unit announces, in whatever order it comes', () => {
  const { discovery, say } = build();
  for (const record of announcement().reverse()) say([record]);
  expect(discovery.found()).toEqual([
    {
      hardwareId: 'lamp-1',
      model: 'rgb-lamp',
      isEncrypted: true,
      hostName: 'lamp-1.local',
      address: { host: '192.0.2.7', port: 8888 },
    },
  ]);
});

it('queries on demand, and not again at once', () => {
  const { clock, queried, discovery } = build();
  expect(discovery.addressesOf('lamp-1')).toEqual([]);
  discovery.query();
  expect(queried).toEqual([{ name: SERVICE, type: 'PTR' }]);
  clock.advance(5_000);
  discovery.query();
  expect(queried).toHaveLength(2);
});

it('forgets at a goodbye, at the end of a life, and after five minutes whatever was said', () => {
  const { clock, discovery, say } = build();
  say(announcement());
  say([{ type: 'PTR', name: SERVICE, ttlS: 0, target: `lamp-1.${SERVICE}` }]);
  expect(discovery.found()).toEqual([]);
  say(announcement({ ttlS: 10 }));
  clock.advance(10_000);
  expect(discovery.found()).toEqual([]);
  say(announcement({ ttlS: 2 ** 31 }));
  clock.advance(299_999);
  expect(discovery.found()).toHaveLength(1);
  clock.advance(1);
  expect(discovery.found()).toEqual([]);
});

it('returns every announced address: a false one cannot hide the true one', () => {
  const { discovery, say } = build();
  say(announcement());
  say(announcement({ instance: 'mine', host: 'liar.local', ip: '192.0.2.66' }));
  expect(discovery.addressesOf('lamp-1').map(({ host }) => host)).toEqual([
    '192.0.2.7',
    '192.0.2.66',
  ]);
});

it('holds no more than so many, whatever is announced', () => {
  const { discovery, say } = build();
  for (let index = 0; index < 2_000; index += 1) say(announcement({ id: `u-${index}` }));
  expect(discovery.found()).toHaveLength(256);
  expect(discovery.found().some(({ hardwareId }) => hardwareId === 'u-1999')).toBe(true);
});

const OTHER_IP = '192.0.2.66';
const elsewhere = { ip: OTHER_IP };

it('keeps what a unit says of itself beside what another sender says by the same names', () => {
  const { discovery, say } = build();
  say(announcement());
  say(announcement(elsewhere), OTHER_IP);
  const found = discovery.addressesOf('lamp-1').map(({ host }) => host);
  expect(found).toEqual(['192.0.2.7', OTHER_IP]);
});

it('lets nobody withdraw or change what another has said', () => {
  const { discovery, say } = build();
  say(announcement());
  const name = `lamp-1.${SERVICE}`;
  say(announcement({ ttlS: 0 }), OTHER_IP);
  say([{ type: 'TXT', name, ttlS: 120, entries: { id: 'another' } }], OTHER_IP);
  say([{ type: 'SRV', name, ttlS: 120, target: 'lamp-1.local', port: 1 }], OTHER_IP);
  say([{ type: 'A', name: 'lamp-1.local', ttlS: 120, ip: OTHER_IP }], OTHER_IP);
  expect(discovery.addressesOf('lamp-1')).toEqual([{ host: '192.0.2.7', port: 8888 }]);
});

it('knows where a unit is whose names one sender floods, before and after', () => {
  const { discovery, say } = build();
  const flood = (from: number) => {
    for (let last = from; last < from + 50; last += 1)
      say(announcement({ ip: `198.51.100.${last}` }), OTHER_IP);
  };
  flood(1);
  say(announcement());
  flood(100);
  const addresses = discovery.addressesOf('lamp-1').map(({ host }) => host);
  expect(addresses[0]).toBe('192.0.2.7');
  expect(addresses.length).toBeLessThanOrEqual(MAX_CLAIMS_PER_NAME);
});

it('knows where units are while one sender announces thousands that are none', () => {
  const { discovery, say } = build();
  for (let last = 1; last <= 60; last += 1) {
    const ip = `192.0.2.${last}`;
    say(announcement({ id: `real-${last}`, ip, ttlS: 10 }), ip);
  }
  for (let index = 0; index < 3_000; index += 1)
    say(announcement({ id: `u-${index}`, ttlS: 4_500 }), OTHER_IP);
  const found = discovery.found();
  expect(found).toHaveLength(256);
  expect(found.filter(({ hardwareId }) => hardwareId.startsWith('real-'))).toHaveLength(60);
});

it('names a unit that speaks for itself first, however many say where it is', () => {
  const { discovery, say } = build();
  for (let index = 0; index < 100; index += 1) {
    const host = `h${index}.local`;
    say(announcement({ instance: `i${index}`, host, ip: `198.51.100.${index}` }), OTHER_IP);
  }
  say(announcement());
  const addresses = discovery.addressesOf('lamp-1');
  expect(addresses[0]?.host).toBe('192.0.2.7');
  expect(addresses).toHaveLength(16);
});

it('shows a unit that moved once, where it says it is now', () => {
  const { discovery, say } = build();
  say(announcement({ ip: '192.0.2.7' }));
  say(announcement({ ip: '192.0.2.8' }));
  expect(discovery.found().map(({ address }) => address.host)).toEqual(['192.0.2.8']);
});

it('goes on to another address of a name where the first one was rejected, and stays there', async () => {
  const { discovery, say } = build();
  say(announcement(), '192.0.2.7');
  say(announcement(elsewhere), '198.51.100.1');
  // What is where it was said from comes first.
  expect(await discovery.resolve('lamp-1.local')).toBe('192.0.2.7');
  expect(await discovery.resolve('lamp-1.local')).toBe('192.0.2.7');
  discovery.reject('Lamp-1.local');
  expect(await discovery.resolve('lamp-1.local')).toBe(OTHER_IP);
  discovery.reject('lamp-1.local');
  expect(await discovery.resolve('lamp-1.local')).toBe('192.0.2.7');
});

it('ignores what no unit would announce', () => {
  const { discovery, say } = build();
  say(announcement({ id: 'x'.repeat(33) }));
  say(announcement({ id: 'bell\u0007', instance: 'bell' }));
  say(announcement({ host: 'example.com' }));
  say([{ type: 'SRV', name: 'printer._ipp._tcp.local', ttlS: 9, target: 'p.local', port: 631 }]);
  expect(discovery.found()).toEqual([]);
});

it('resolves a name for all waiting callers, and gives up after a while', async () => {
  const { clock, queried, discovery, say } = build();
  const both = [discovery.resolve('Lamp-1.local'), discovery.resolve('lamp-1.local')];
  expect(queried.map(({ name }) => name)).toEqual(['lamp-1.local', 'lamp-1.local']);
  say([{ type: 'A', name: 'lamp-1.local', ttlS: 120, ip: '192.0.2.9' }]);
  expect(await Promise.all(both)).toEqual(['192.0.2.9', '192.0.2.9']);
  expect(await discovery.resolve('lamp-1.local')).toBe('192.0.2.9');
  expect(queried).toHaveLength(2);
  const nobody = discovery.resolve('nobody.local');
  clock.advance(1_500);
  expect(await nobody).toBeUndefined();
  const closed = discovery.resolve('late.local');
  await discovery.close();
  expect(await closed).toBeUndefined();
});
