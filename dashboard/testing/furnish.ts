import type { BaseView } from '#protocol/http/bases.ts';
import { fakeImage, fakeRollout } from './fake-rollout.ts';
import { plausible } from './fake-readings.ts';
import type { FakeSite } from './fake-site.ts';
import {
  LAMP_THING,
  LIGHT_SENSOR_THING,
  LINE_LAMP_THING,
  THERMOMETER_THING,
  WORKBENCH_THING,
} from './fake-things.ts';

export const SCENARIOS = ['home', 'empty', 'paired', 'many', 'offline', 'rollout'] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** Does something again and again; nothing at all where all has to stay as it is. */
export type Every = (ms: number, action: () => void) => void;

/** Puts into a site what a home of some kind has, and lets its sensors measure. */
export function furnish(site: FakeSite, scenario: Scenario, every: Every): void {
  if (scenario === 'empty') return;
  const base = site.addBase('Workshop Pi', scenario === 'offline' ? 'offline' : 'online');
  if (scenario === 'paired') return;
  if (scenario === 'many') furnishMany(site, base, every);
  else furnishHome(site, base, every);
  if (scenario === 'rollout') furnishRollout(site, base, every);
}

function furnishMany(site: FakeSite, base: BaseView, every: Every): void {
  for (let index = 0; index < 125; index += 1) {
    const place = `Hall ${Math.floor(index / 25) + 1}`;
    addLampAndSensor(site, base, { place, suffix: ` ${index + 1}`, periodMs: 6_250, every });
  }
}

interface Pair {
  readonly place: string;
  readonly suffix: string;
  readonly periodMs: number;
  readonly every: Every;
}

function addLampAndSensor(
  site: FakeSite,
  base: BaseView,
  { place, suffix, periodMs, every }: Pair,
): void {
  site.addUnit(base, {
    name: `Reading lamp${suffix}`,
    place,
    thing: LAMP_THING,
    reported: { on: true, color: '#ff8a1f', brightness: 80 },
  });
  const sensor = site.addUnit(base, {
    name: `Window light${suffix}`,
    place,
    thing: LIGHT_SENSOR_THING,
    reported: { illuminance: 412.5 },
  });
  every(periodMs, () => {
    site.measure(sensor.id, 'illuminance', plausible('illuminance', Date.now(), 3));
  });
}

function furnishHome(site: FakeSite, base: BaseView, every: Every): void {
  addLampAndSensor(site, base, { place: 'Living room', suffix: '', periodMs: 1_000, every });
  site.addUnit(base, {
    name: 'Shelf strip',
    place: 'Living room',
    thing: LAMP_THING,
    reported: { on: false, color: '#3f7cff', brightness: 40 },
  });
  const thermometer = site.addUnit(base, {
    name: 'Greenhouse',
    place: 'Garden',
    thing: THERMOMETER_THING,
    reported: { temperature: 21.3, humidity: 48 },
  });
  every(5_000, () => {
    site.measure(thermometer.id, 'temperature', plausible('temperature', Date.now(), 5));
  });
  site.addUnit(base, {
    name: 'Bench supply',
    place: 'Workshop',
    thing: WORKBENCH_THING,
    reported: { relay: true, mode: 1, target: 21.5, label: 'bench' },
  });
  site.addUnit(base, {
    name: 'Gate lamp',
    place: 'Garden',
    thing: LAMP_THING,
    reported: { on: true, color: '#ffffff', brightness: 100 },
    state: 'lost',
  });
  site.addUnit(base, {
    name: 'Old lamp',
    place: 'Workshop',
    thing: LINE_LAMP_THING,
    link: 'line-lamp',
  });
  site.addUnit(base, { name: 'New board', place: '', thing: null, state: 'init' });
  furnishNetwork(site);
}

/** Units that announce themselves to the base, and what answers at 192.168.1.40 to .45. */
function furnishNetwork(site: FakeSite): void {
  const around = (hardwareId: string, last: number, isEncrypted: boolean) => ({
    hardwareId,
    model: 'rgb-lamp',
    hostName: `${hardwareId}.local`,
    address: { host: `192.168.1.${last}`, port: 8888 },
    isEncrypted,
    unitId: null,
  });
  const [first] = site.units.values();
  site.discovery = {
    revision: 'one',
    isSearching: true,
    units: [
      around('lamp-4f2a91', 40, true),
      around('lamp-77c0de', 41, false),
      { ...around('lamp-0', 20, true), unitId: first?.id ?? null },
      around('lamp-gone', 99, true),
    ],
    omitted: 0,
    serialPorts: ['/dev/ttyUSB0'],
  };
  for (const [last, outcome] of [
    ['40', 'encrypted'],
    ['41', 'plain'],
    ['42', 'lines'],
    ['43', 'silent'],
    ['44', 'other'],
    ['45', 'added'],
  ] as const) {
    site.answering.set(last, outcome);
  }
}

/** Lamps that are being updated, some that were, and images for more. */
function furnishRollout(site: FakeSite, base: BaseView, every: Every): void {
  const lamps = ['Hall', 'Stairs', 'Kitchen', 'Bath', 'Porch', 'Cellar'].map((name) =>
    site.addUnit(base, { name, place: 'House', thing: LAMP_THING, reported: { on: false } }),
  );
  const [hall, stairs, kitchen, bath, porch, cellar] = lamps;
  if (!hall || !stairs || !kitchen || !bath || !porch || !cellar) return;
  const model = hall.identity?.model ?? '';
  const old = fakeImage(site, { version: '0.2.0', model, signature: 'untrusted' });
  fakeRollout(site, old, [[cellar, 'rolled_back', 'update_rolled_back']], {
    state: 'stopped',
    endedAt: new Date(Date.now() - 86_400_000).toISOString(),
    targets: [1, 1],
  });
  const image = fakeImage(site, { version: '0.3.0', model, signature: 'trusted' });
  fakeImage(site, { version: '1.0.0', model: 'relay' });
  site.firmwareKeys = [`BF${'q'.repeat(85)}=`];
  const rollout = fakeRollout(
    site,
    image,
    [
      [hall, 'confirmed'],
      [stairs, 'downloading'],
      [kitchen, 'failed', 'update_too_large'],
      [bath, 'applying'],
      [porch, 'waiting'],
    ],
    { step: 1 },
  );
  let doneBytes = 0;
  every(500, () => {
    const unit = site.units.get(stairs.id);
    if (!unit?.update || unit.update.rolloutId !== rollout.id) return;
    doneBytes = (doneBytes + 20_000) % image.fileBytes;
    const { id: updateId } = unit.update;
    site.transfer({ updateId, unitId: unit.id, doneBytes, totalBytes: image.fileBytes });
  });
}
