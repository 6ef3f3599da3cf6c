import { pino } from 'pino';
import { expect, it } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { Discovery } from '../../base-unit/discovery/discovery.ts';
import { openMulticastLink } from '../../base-unit/discovery/multicast-link.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { freePorts } from '../../test/harness/free-ports.ts';
import { until } from '#platform/testing/until.ts';
import { announceUnit } from './announce-unit.ts';
import { parseListeningLine } from './listening-line.ts';

it('reads where a unit listens, and no other line', () => {
  expect(
    parseListeningLine('listening 127.0.0.1:4711 unit=lamp id=lamp-1 boot=00ff model=rgb-lamp'),
  ).toEqual({ ip: '127.0.0.1', port: 4711, hardwareId: 'lamp-1', model: 'rgb-lamp' });
  expect(parseListeningLine('waiting for a key unit=lamp id=lamp-1 serial=/tmp/x')).toBeUndefined();
});

it('receives multicast packets over the loopback, and ignores invalid ones', async () => {
  const [port = 0] = await freePorts(1);
  const options = { log: pino({ level: 'silent' }), interface: '127.0.0.1', port };
  const discovery = new Discovery({ clock: systemClock, link: openMulticastLink(options) });
  atTestEnd.add(() => discovery.close());
  discovery.start();
  const withdraw = announceUnit(
    {
      hardwareId: 'Lamp-7',
      model: 'rgb-lamp',
      isEncrypted: true,
      hostName: 'lamp-7',
      ip: '127.0.0.1',
      port: 4711,
    },
    { mdnsPort: port },
  );
  atTestEnd.add(() => withdraw());
  const expected = { hardwareId: 'Lamp-7', address: { host: '127.0.0.1', port: 4711 } };
  await until('the unit is found', () => {
    discovery.query();
    return discovery.found().length === 1;
  });
  expect(discovery.found()).toMatchObject([expected]);
  expect(await discovery.resolve('lamp-7.local')).toBe('127.0.0.1');
  await withdraw();
  await until('its goodbye is heard', () => discovery.found().length === 0);
});

it('announces a unit that listens on every interface where its machine is, and anew when that changes', async () => {
  const [port = 0] = await freePorts(1);
  const options = { log: pino({ level: 'silent' }), interface: '127.0.0.1', port };
  const discovery = new Discovery({ clock: systemClock, link: openMulticastLink(options) });
  atTestEnd.add(() => discovery.close());
  discovery.start();
  let ip: string | undefined;
  const withdraw = announceUnit(
    {
      hardwareId: 'Lamp-8',
      model: 'rgb-lamp',
      isEncrypted: true,
      hostName: 'lamp-8',
      ip: '0.0.0.0',
      port: 4711,
    },
    { mdnsPort: port, ownIp: () => ip, lookEveryMs: 20 },
  );
  atTestEnd.add(() => withdraw());
  const hosts = () => discovery.found().map(({ address }) => address.host);
  ip = '192.0.2.1';
  await until('the unit is found', () => hosts().includes('192.0.2.1'));
  // Nobody asks: a unit that was readdressed says so.
  ip = '192.0.2.2';
  await until('its new address is known', () => hosts().includes('192.0.2.2'));
  expect(hosts()).toEqual(['192.0.2.2']);
});
