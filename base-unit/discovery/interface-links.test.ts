import { expect, it } from 'vitest';
import { manualClock } from '../../test/harness/virtual-units.ts';
import { InterfaceLinks } from './interface-links.ts';
import type { MdnsListener, MdnsRecord } from './mdns-link.ts';

const QUESTION = { name: '_signalbox._tcp.local', type: 'PTR' } as const;
const RECORD: MdnsRecord = { type: 'A', name: 'lamp.local', ttlS: 120, ip: '192.0.2.7' };

function build(...first: string[]) {
  const clock = manualClock();
  let addresses = first;
  const queried: string[] = [];
  const closed: string[] = [];
  const says = new Map<string, MdnsListener>();
  const links = new InterfaceLinks({
    clock,
    addresses: () => addresses,
    open: (address) => ({
      listen: (onRecords) => says.set(address, onRecords),
      query: () => queried.push(address),
      close: () => {
        closed.push(address);
        return Promise.resolve();
      },
    }),
  });
  const heard: MdnsRecord[] = [];
  links.listen((records) => heard.push(...records));
  return {
    clock,
    links,
    queried,
    closed,
    says,
    heard,
    set: (...now: string[]) => (addresses = now),
  };
}

it('queries and listens on every interface, whatever the default route is', async () => {
  const { links, queried, says, heard } = build('192.0.2.1', '198.51.100.1');
  links.query([QUESTION]);
  expect(queried).toEqual(['192.0.2.1', '198.51.100.1']);
  says.get('198.51.100.1')?.([RECORD], '198.51.100.9');
  expect(heard).toEqual([RECORD]);
  await links.close();
});

it('joins on interfaces that come later, and leaves those that are gone', async () => {
  const { clock, links, queried, closed, set } = build('192.0.2.1');
  set('198.51.100.1');
  clock.advance(10_000);
  expect(closed).toEqual(['192.0.2.1']);
  links.query([QUESTION]);
  expect(queried).toEqual(['198.51.100.1']);
  await links.close();
  expect(clock.pendingTimers).toBe(0);
});
