import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FakeHub } from './fake-hub.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import { fakeImage, fakeRollout } from './fake-rollout.ts';
import { FakeSite, plausible } from './fake-site.ts';
import {
  LAMP_THING,
  LIGHT_SENSOR_THING,
  THERMOMETER_THING,
  WORKBENCH_THING,
} from './fake-things.ts';

const USAGE = `Runs a hub without bases for developing the dashboard.

  node --conditions=source --import tsx dashboard/testing/run-fake-hub.ts [options]

  --port N        port on 127.0.0.1 (8080)
  --scenario S    home (default), empty, many, offline, setup, rollout
  --slow N        makes each stage of a command N times slower
  --built         serves the built dashboard as well (dist/dashboard)
  --refuse CODE   units refuse every command: out-of-range
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    scenario: { type: 'string', default: 'home' },
    slow: { type: 'string', default: '1' },
    refuse: { type: 'boolean', default: false },
    delay: { type: 'string', default: '0' },
    built: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
} else {
  const site = new FakeSite('Home');
  const hub = new FakeHub(site);
  site.slowness = Number(values.slow);
  hub.snapshotDelayMs = Number(values.delay);
  if (values.built) {
    hub.dashboardFolder = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));
  }
  if (values.refuse) site.refusal = 'unit_out_of_range';
  furnish(site, values.scenario);
  if (values.scenario === 'setup') {
    hub.signedIn = false;
    hub.signUp = 'setup';
  }
  console.log(await hub.start(Number(values.port)));
}

function furnish(site: FakeSite, scenario: string): void {
  if (scenario === 'empty' || scenario === 'setup') return;
  const base = site.addBase('Workshop Pi', scenario === 'offline' ? 'offline' : 'online');
  const count = scenario === 'many' ? 125 : 1;
  for (let index = 0; index < count; index += 1) {
    const suffix = count === 1 ? '' : ` ${index + 1}`;
    const place = count === 1 ? 'Living room' : `Hall ${Math.floor(index / 25) + 1}`;
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
    const every = count === 1 ? 1_000 : count * 50;
    setInterval(() => {
      site.measure(sensor.id, 'illuminance', plausible('illuminance', Date.now(), 3));
    }, every);
  }
  if (count > 1) return;
  if (scenario === 'rollout') furnishRollout(site, base);
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
  setInterval(() => {
    site.measure(thermometer.id, 'temperature', plausible('temperature', Date.now(), 5));
  }, 5_000);
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
function furnishRollout(site: FakeSite, base: BaseView): void {
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
  setInterval(() => {
    const unit = site.units.get(stairs.id);
    if (!unit?.update || unit.update.rolloutId !== rollout.id) return;
    doneBytes = (doneBytes + 20_000) % image.fileBytes;
    const { id: updateId } = unit.update;
    site.transfer({ updateId, unitId: unit.id, doneBytes, totalBytes: image.fileBytes });
  }, 500);
}
