import { expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { manualClock } from '../../test/harness/virtual-units.ts';
import { Discovery } from './discovery.ts';
import { type MdnsQuestion, type MdnsRecord, SERVICE } from './mdns-link.ts';

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
  let say: (records: readonly MdnsRecord[]) => void = () => undefined;
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
  return { clock, queried, discovery, say: (records: readonly MdnsRecord[]) => say(records) };
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

it('asks when somebody wants to know, and not again at once', () => {
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

it('tells every place where a unit is announced: a liar cannot hide the true one', () => {
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

it('does not take what no unit would say', () => {
  const { discovery, say } = build();
  say(announcement({ id: 'x'.repeat(33) }));
  say(announcement({ id: 'bell\u0007', instance: 'bell' }));
  say(announcement({ host: 'example.com' }));
  say([{ type: 'SRV', name: 'printer._ipp._tcp.local', ttlS: 9, target: 'p.local', port: 631 }]);
  expect(discovery.found()).toEqual([]);
});

it('finds the address of a name for all who wait, and gives up after a while', async () => {
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
