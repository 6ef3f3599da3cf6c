import { describe, expect, it } from 'vitest';
import { UnitView } from '#protocol/http/units.ts';
import { DiscoveryAnswer, ProbeAnswer } from '#protocol/hub-link/discovery.ts';
import { discoverUnits } from '../../base-unit/cli/discover-units.ts';
import { giveUnitKey } from '../../base-unit/cli/unit-commands.ts';
import { type Announcement, announceUnit } from '../../cli/unit/announce-unit.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePorts } from '../harness/free-ports.ts';
import { announceLies } from '../harness/lying-announcer.ts';
import { capturePrinted } from '../harness/printed.ts';
import { sharedSystem } from '../harness/shared-system.ts';
import type { SystemUnit } from '../harness/system-unit.ts';
import { firmwareIsBuilt, newKeyFile, UnitProcess } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';

const LOOPBACK = '127.0.0.1';
const system = sharedSystem({
  units: ['lamp'],
  implementation: 'firmware',
  discovery: LOOPBACK,
});

/** As a board would, on the loopback alone. */
function announce(unit: Pick<Announcement, 'hardwareId' | 'instance' | 'port'>): void {
  const withdraw = announceUnit({
    ...unit,
    model: 'rgb-lamp',
    isEncrypted: true,
    hostName: unit.hardwareId,
    ip: LOOPBACK,
  });
  atTestEnd.add(() => withdraw());
}

/** Where its base reaches it, as the hub shows it. */
async function portOf(unit: SystemUnit): Promise<number | undefined> {
  const { endpoint } = await unit.view();
  return endpoint.kind === 'base' ? endpoint.address.port : undefined;
}

describe.skipIf(!firmwareIsBuilt())('discovery (of C++ units, on the loopback)', () => {
  it('lists who announces a unit, and says whose it is', async () => {
    announce({ hardwareId: 'lamp-other', port: 4711 });
    const printed = capturePrinted();
    const argv = ['--discovery', LOOPBACK, '--data', system().baseData];
    expect(await discoverUnits(argv, new AbortController().signal)).toBe(0);
    expect(printed.out).toContain(
      'lamp-other (rgb-lamp, encrypted) at 127.0.0.1:4711, lamp-other.local: not a unit of this base',
    );
  });

  it('reaches a unit by a name that only multicast DNS knows, and keeps the name', async () => {
    const keyFile = newKeyFile(temporaryFolder(atTestEnd));
    const unit = new UnitProcess({
      kind: 'lamp',
      id: 'lamp-named',
      implementation: 'firmware',
      cleanup: atTestEnd,
      keyFile,
    });
    await unit.start();
    announce({ hardwareId: unit.id, port: unit.port });
    const { api, site, baseId } = system();
    const address = { host: 'lamp-named.local', port: unit.port };
    const { id } = await api.post(UnitView, `/api/sites/${site.id}/units`, {
      name: 'Named',
      endpoint: { kind: 'base', baseId, address, link: 'frames' },
    });
    await system().giveKey(id, keyFile);
    const lamp = system().unitById(id);
    await lamp.ready();
    const { command } = await lamp.command(
      { verb: 'invoke', affordance: 'on', input: true },
      { wait: 10 },
    );
    expect(command.state).toBe('succeeded');
    expect((await lamp.view()).endpoint).toMatchObject({ kind: 'base', address });
  });

  it('follows a unit to its new address, past one that only says it is the unit', async () => {
    const { id, process: before } = system().unit('lamp');
    const { keyFile } = before;
    if (keyFile === undefined) throw new Error('the lamp has no key');
    const shared = { kind: 'lamp', id: before.id, implementation: 'firmware' } as const;
    const impostor = new UnitProcess({ ...shared, cleanup: atTestEnd });
    const after = new UnitProcess({ ...shared, cleanup: atTestEnd, keyFile });
    await before.kill();
    await Promise.all([impostor.start(), after.start()]);
    announce({ hardwareId: before.id, instance: 'impostor', port: impostor.port });
    announce({ hardwareId: before.id, port: after.port });
    const lamp = system().unitById(id);
    // The base finds out by the next command, or when it looks after the lamp.
    await lamp.command({ verb: 'set', affordance: 'on', input: true });
    const isMoved = async () => (await portOf(lamp)) === after.port;
    await until('the hub has the new address', isMoved, 30_000);
    const isOn = async () => (await lamp.view()).reported['on']?.value === true;
    await until('the desired value is reached', isOn);
    expect(impostor.output).not.toContain('command=');
    expect(after.output).toContain('command=');
  });

  it('follows a unit to its new address, whatever others announce under its names', async () => {
    const { id, process: first } = system().unit('lamp');
    const { keyFile } = first;
    if (keyFile === undefined) throw new Error('the lamp has no key');
    const lamp = system().unitById(id);
    const shared = { kind: 'lamp', id: first.id, implementation: 'firmware' } as const;
    const impostor = new UnitProcess({ ...shared, cleanup: atTestEnd });
    const before = new UnitProcess({ ...shared, cleanup: atTestEnd, keyFile });
    const after = new UnitProcess({ ...shared, cleanup: atTestEnd, keyFile });
    const isAt = (unit: UnitProcess) => async () => (await portOf(lamp)) === unit.port;
    await first.kill();
    await Promise.all([impostor.start(), before.start()]);
    announceLies({ hardwareId: first.id, ip: LOOPBACK, port: impostor.port }, atTestEnd);
    announce({ hardwareId: first.id, port: before.port });
    await lamp.command({ verb: 'set', affordance: 'on', input: true });
    await until('the hub has the address', isAt(before), 30_000);
    // Again, after the lies have been heard for a while.
    await before.kill();
    await after.start();
    announce({ hardwareId: first.id, port: after.port });
    await lamp.command({ verb: 'set', affordance: 'on', input: false });
    await until('the hub has the next address', isAt(after), 30_000);
    expect(impostor.output).not.toContain('command=');
  });

  it('brings a unit from its announcement to the dashboard, and says what other addresses are', async () => {
    const { api, site, baseId, hub } = system();
    const look = async (revision: string | null = null) =>
      api.post(DiscoveryAnswer, `/api/bases/${baseId}/discovery`, { revision });
    const probe = async (port: number) =>
      api.post(ProbeAnswer, `/api/bases/${baseId}/probe`, { address: { host: LOOPBACK, port } });
    const keyFile = newKeyFile(temporaryFolder(atTestEnd));
    const deps = { kind: 'lamp', implementation: 'firmware', cleanup: atTestEnd } as const;
    const encrypted = new UnitProcess({ ...deps, id: 'lamp-found', keyFile });
    const plain = new UnitProcess({ ...deps, id: 'lamp-plain' });
    await Promise.all([encrypted.start(), plain.start()]);
    const address = { host: LOOPBACK, port: encrypted.port };
    announce({ hardwareId: encrypted.id, port: encrypted.port });
    const found = await until('the base has found the unit', async () =>
      (await look()).units.find(({ hardwareId }) => hardwareId === encrypted.id),
    );
    expect(found).toMatchObject({ model: 'rgb-lamp', address, isEncrypted: true, unitId: null });
    const announced = { hardwareId: encrypted.id, model: 'rgb-lamp' };
    expect(await probe(encrypted.port)).toMatchObject({ outcome: 'encrypted', announced });
    expect(await probe(plain.port)).toMatchObject({ outcome: 'plain', announced: null });
    expect(await probe(Number(new URL(hub.url).port))).toMatchObject({ outcome: 'other' });
    const [dark = 0] = await freePorts(1);
    expect(await probe(dark)).toMatchObject({ outcome: 'nothing', code: 'unit_unreachable' });

    const { id } = await api.post(UnitView, `/api/sites/${site.id}/units`, {
      name: 'Found',
      endpoint: { kind: 'base', baseId, address, link: 'frames' },
    });
    const lamp = system().unitById(id);
    // The bases of these tests use plain links to units without a key.
    await until('the base misses the key', async () => {
      const { presence } = await lamp.view();
      return presence.code === 'unit_encryption_required';
    });
    capturePrinted();
    expect(await giveUnitKey([id, '--key-file', keyFile, '--data', system().baseData])).toBe(0);
    await lamp.ready();
    expect(await probe(encrypted.port)).toMatchObject({ outcome: 'added', unitId: id });
    const { units } = await look();
    expect(units.find(({ hardwareId }) => hardwareId === encrypted.id)?.unitId).toBe(id);
    // No unit left its base, and nobody received more than an opening.
    expect((await lamp.view()).presence.state).toBe('ready');
    expect(plain.output).not.toContain('hello');
  });
});
