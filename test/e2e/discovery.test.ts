import { describe, expect, it } from 'vitest';
import { discoverUnits } from '../../base-unit/discover-units.ts';
import { type Announcement, announceUnit } from '../../cli/unit/announce-unit.ts';
import { atTestEnd } from '../harness/cleanup.ts';
import { capturePrinted } from '../harness/printed.ts';
import { sharedSystem } from '../harness/shared-system.ts';
import { firmwareIsBuilt, UnitProcess } from '../harness/unit-process.ts';
import { until } from '../harness/until.ts';

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

describe.skipIf(!firmwareIsBuilt())('discovery (of C++ units, on the loopback)', () => {
  it('lists who announces a unit, and says whose it is', async () => {
    announce({ hardwareId: 'lamp-stranger', port: 4711 });
    const printed = capturePrinted();
    const argv = ['--discovery', LOOPBACK, '--data', system().baseData];
    expect(await discoverUnits(argv, new AbortController().signal)).toBe(0);
    expect(printed.out).toContain(
      'lamp-stranger (rgb-lamp, encrypted) at 127.0.0.1:4711, lamp-stranger.local: not a unit of this base',
    );
  });

  it('follows a unit to its new address, past one that only says it is the unit', async () => {
    const { id, process: before } = system().unit('lamp');
    const { keyFile } = before;
    if (keyFile === undefined) throw new Error('the lamp has no key');
    const shared = { kind: 'lamp', id: before.id, implementation: 'firmware' } as const;
    const liar = new UnitProcess({ ...shared, cleanup: atTestEnd });
    const after = new UnitProcess({ ...shared, cleanup: atTestEnd, keyFile });
    await before.kill();
    await Promise.all([liar.start(), after.start()]);
    announce({ hardwareId: before.id, instance: 'liar', port: liar.port });
    announce({ hardwareId: before.id, port: after.port });
    const lamp = system().unitById(id);
    // The base finds out by the next command, or when it looks after the lamp.
    await lamp.command({ verb: 'set', affordance: 'on', input: true });
    const isMoved = async () => (await lamp.view()).address.port === after.port;
    await until('the hub has the new address', isMoved, 30_000);
    const isOn = async () => (await lamp.view()).reported['on']?.value === true;
    await until('the wish is fulfilled', isOn);
    expect(liar.output).not.toContain('command=');
    expect(after.output).toContain('command=');
  });
});
