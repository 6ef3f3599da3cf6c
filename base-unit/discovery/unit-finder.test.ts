import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { manualClock } from '../../test/harness/virtual-units.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import type { FoundUnit } from './announcements.ts';
import { usbSerialPorts } from './serial-ports.ts';
import { UnitFinder } from './unit-finder.ts';

function found(hardwareId: string, host = '192.0.2.7'): FoundUnit {
  return {
    hardwareId,
    model: 'rgb-lamp',
    isEncrypted: true,
    hostName: `${hardwareId}.local`,
    address: { host, port: 8888 },
  };
}

function stored(more: Partial<StoredUnit>): StoredUnit {
  return {
    unitId: newId(UnitId),
    origin: 'hub',
    name: 'Lamp',
    address: { host: '192.0.2.99', port: 8888 },
    link: 'frames',
    hardwareId: null,
    lastReported: null,
    update: null,
    ...more,
  };
}

function fixture() {
  const clock = manualClock();
  const announced: FoundUnit[] = [];
  const units: StoredUnit[] = [];
  const ports: string[] = [];
  const probed: unknown[] = [];
  let queried = 0;
  const hold = { isHeld: false, releases: new Array<() => void>() };
  const finder = new UnitFinder({
    clock,
    discovery: { query: () => (queried += 1), found: () => [...announced] },
    units: { all: () => units },
    probe: async (address) => {
      probed.push(address);
      if (hold.isHeld) await new Promise<void>((resolve) => hold.releases.push(resolve));
      return { outcome: 'encrypted', code: null };
    },
    serialPorts: () => Promise.resolve([...ports]),
  });
  return {
    ...{ clock, announced, units, ports, probed, finder, hold },
    queried: () => queried,
  };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

it('answers at once with what is known, and queries the network', async () => {
  const { finder, announced, ports, queried } = fixture();
  announced.push(found('lamp-b'), found('lamp-a', '192.0.2.8'));
  ports.push('/dev/ttyUSB0');
  const answer = await finder.discover({ revision: null });
  expect(answer.units.map(({ hardwareId }) => hardwareId)).toEqual(['lamp-a', 'lamp-b']);
  expect(answer).toMatchObject({ isSearching: true, omitted: 0, serialPorts: ['/dev/ttyUSB0'] });
  expect(queried()).toBe(1);
});

it('holds an answer that would say nothing new until there is something', async () => {
  const { finder, clock, announced } = fixture();
  const { revision } = await finder.discover({ revision: null });
  let answered = false;
  const next = finder.discover({ revision }).finally(() => (answered = true));
  await turns();
  clock.advance(1_000);
  await turns();
  expect(answered).toBe(false);
  announced.push(found('lamp-1'));
  clock.advance(250);
  expect((await next).units).toHaveLength(1);
});

it('answers the same after a while, and when the base stops', async () => {
  const { finder, clock } = fixture();
  const { revision } = await finder.discover({ revision: null });
  const first = finder.discover({ revision });
  for (let passed = 0; passed <= LIMITS.discoveryHoldMs; passed += 250) {
    await turns();
    clock.advance(250);
  }
  expect((await first).revision).toBe(revision);
  const second = finder.discover({ revision });
  await turns();
  finder.close();
  expect((await second).revision).toBe(revision);
});

it('marks its own units, by hardware id, or by address if never reached', async () => {
  const { finder, announced, units } = fixture();
  announced.push(
    found('mine', '192.0.2.1'),
    found('there', '192.0.2.2'),
    found('new', '192.0.2.3'),
  );
  units.push(stored({ hardwareId: 'mine' }));
  units.push(stored({ address: { host: '192.0.2.2', port: 8888 } }));
  units.push(stored({ hardwareId: 'other', address: { host: '192.0.2.3', port: 8888 } }));
  const answer = await finder.discover({ revision: null });
  expect(answer.units.map(({ hardwareId, unitId }) => [hardwareId, unitId])).toEqual([
    ['mine', units[0]?.unitId],
    ['new', null],
    ['there', units[1]?.unitId],
  ]);
});

it('lists a bounded number, counts the rest, and leaves out what cannot be shown', async () => {
  const { finder, announced } = fixture();
  for (let index = 0; index < 100; index += 1) announced.push(found(`lamp-${index + 100}`));
  announced.push({ ...found('evil'), model: '\u001b[31m' });
  const answer = await finder.discover({ revision: null });
  expect(answer.units).toHaveLength(LIMITS.foundUnits);
  expect(answer.omitted).toBe(100 - LIMITS.foundUnits);
});

it('lets only so many wait', async () => {
  const { finder } = fixture();
  const { revision } = await finder.discover({ revision: null });
  const waiting = Array.from({ length: 8 }, async () => finder.discover({ revision }));
  await expect(finder.discover({ revision })).rejects.toMatchObject({ code: 'rate_limited' });
  finder.close();
  await Promise.all(waiting);
});

it('does not disturb a unit that it has by probing its address', async () => {
  const { finder, units, probed } = fixture();
  units.push(stored({ hardwareId: 'mine' }));
  const answer = await finder.probe({ address: { host: '192.0.2.99', port: 8888 } });
  expect(answer).toMatchObject({ outcome: 'added', unitId: units[0]?.unitId });
  expect(probed).toEqual([]);
});

it('says who announces itself where it probed', async () => {
  const { finder, announced } = fixture();
  announced.push(found('lamp-1'));
  expect(await finder.probe({ address: { host: '192.0.2.7', port: 8888 } })).toEqual({
    outcome: 'encrypted',
    code: null,
    unitId: null,
    announced: { hardwareId: 'lamp-1', model: 'rgb-lamp' },
  });
});

it('probes two addresses at once, and thirty a minute: it is no scanner', async () => {
  const { finder, clock, hold } = fixture();
  const at = (last: number) => ({ address: { host: `192.0.2.${last}`, port: 80 } });
  const refused = { code: 'rate_limited' };
  hold.isHeld = true;
  const probes = [finder.probe(at(1)), finder.probe(at(2))];
  await expect(finder.probe(at(3))).rejects.toMatchObject(refused);
  for (const release of hold.releases) release();
  await Promise.all(probes);
  hold.isHeld = false;
  for (let index = 2; index < 30; index += 1) await finder.probe(at(index));
  await expect(finder.probe(at(40))).rejects.toMatchObject(refused);
  clock.advance(60_000);
  expect((await finder.probe(at(40))).outcome).toBe('encrypted');
});

it('finds USB serial ports by their names, and opens none', async () => {
  const folder = join(temporaryFolder(atTestEnd), 'dev');
  mkdirSync(folder);
  const names = ['ttyUSB1', 'ttyUSB0', 'ttyACM0', 'ttyS0', 'null', 'cu.usbserial-110', 'ttyUSB0x'];
  for (const name of names) writeFileSync(join(folder, name), '');
  expect(await usbSerialPorts(folder)).toEqual([
    '/dev/cu.usbserial-110',
    '/dev/ttyACM0',
    '/dev/ttyUSB0',
    '/dev/ttyUSB1',
  ]);
  expect(await usbSerialPorts(join(folder, 'none'))).toEqual([]);
});
