import { describe, expect, it } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { startListeningProxy } from '../harness/listening-proxy.ts';
import { sayRaw } from '../harness/say-raw.ts';
import { sharedSystem } from '../harness/shared-system.ts';
import type { SystemUnit } from '../harness/system-unit.ts';
import {
  firmwareIsBuilt,
  newKeyFile,
  type UnitKind,
  UnitProcess,
} from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';

const system = sharedSystem({ units: ['lamp'], implementation: 'firmware' });

let units = 0;

async function startUnit(kind: UnitKind, keyFile?: string): Promise<UnitProcess> {
  units += 1;
  const unit = new UnitProcess({
    kind,
    id: `secure-${units}`,
    implementation: 'firmware',
    cleanup: atTestEnd,
    ...(keyFile === undefined ? {} : { keyFile }),
  });
  await unit.start();
  return unit;
}

async function addUnit(port: number): Promise<SystemUnit> {
  const { id } = await system().addUnit(system().baseId, `Unit ${port}`, port);
  atTestEnd.add(() => system().api.send('DELETE', `/api/units/${id}`));
  return system().unitById(id);
}

async function expectCode(unit: SystemUnit, code: string): Promise<void> {
  await until(`the base reports ${code}`, async () => {
    const { presence } = await unit.view();
    return presence.state !== 'ready' && presence.code === code;
  });
}

async function switchLamp(lamp: SystemUnit, input: boolean): Promise<void> {
  const { command } = await lamp.command({ verb: 'invoke', affordance: 'on', input }, { wait: 10 });
  expect(command).toMatchObject({ state: 'succeeded', output: input });
}

describe.skipIf(!firmwareIsBuilt())('an encrypted link (to C++ units)', () => {
  it('carries commands and readings, unreadable to who listens', async () => {
    const [lampKey, lightKey] = [
      newKeyFile(temporaryFolder(atTestEnd)),
      newKeyFile(temporaryFolder(atTestEnd)),
    ];
    const lampProcess = await startUnit('lamp', lampKey);
    const lightProcess = await startUnit('light_sensor', lightKey);
    const wire = await startListeningProxy(lampProcess.port, atTestEnd);
    const lamp = await addUnit(wire.port);
    const light = await addUnit(lightProcess.port);
    // The base of the tests may use plain links to units without a key; these units refuse them.
    await expectCode(lamp, 'unit_encryption_required');
    await system().giveKey(lamp.id, lampKey);
    await system().giveKey(light.id, lightKey);
    await lamp.ready();
    await switchLamp(lamp, true);
    await until('a reading is there', async () => (await light.view()).reported.illuminance);
    const encrypted = wire.overheard.filter(({ bytes }) => bytes[0] === 0xb6);
    expect(encrypted.length).toBeGreaterThan(4);
    const text = Buffer.concat(encrypted.map(({ bytes }) => bytes)).toString('latin1');
    expect(text).not.toMatch(/rgb-lamp|brightness|secure-/);
    for (const unit of [lampProcess, lightProcess]) expect(unit.output).toContain('encrypted');
  });

  it('is not made with another key', async () => {
    const unit = await startUnit('lamp', newKeyFile(temporaryFolder(atTestEnd)));
    const lamp = await addUnit(unit.port);
    await system().giveKey(lamp.id, newKeyFile(temporaryFolder(atTestEnd)));
    await expectCode(lamp, 'unit_key_wrong');
  });

  it('is the only one that a base makes to a unit it has a key for', async () => {
    const unit = await startUnit('lamp');
    const wire = await startListeningProxy(unit.port, atTestEnd);
    const lamp = await addUnit(wire.port);
    await lamp.ready();
    await system().giveKey(lamp.id, newKeyFile(temporaryFolder(atTestEnd)));
    // A plain impostor in its place learns nothing.
    await unit.kill();
    await unit.start();
    const from = wire.overheard.length;
    void lamp.command({ verb: 'invoke', affordance: 'on', input: true });
    await expectCode(lamp, 'unit_encryption_missing');
    const said = wire.overheard.slice(from).filter(({ from: who }) => who === 'base');
    expect(said.length).toBeGreaterThan(0);
    expect(said.filter(({ bytes }) => bytes[0] !== 0xb6)).toEqual([]);
  });

  it('ends when a frame was tampered with, and reconnects', async () => {
    const keyFile = newKeyFile(temporaryFolder(atTestEnd));
    const unit = await startUnit('light_sensor', keyFile);
    const wire = await startListeningProxy(unit.port, atTestEnd);
    const light = await addUnit(wire.port);
    await system().giveKey(light.id, keyFile);
    await light.ready();
    wire.tamper = (bytes) => {
      const changed = Uint8Array.from(bytes);
      changed[bytes.length - 1] = (changed[bytes.length - 1] ?? 0) ^ 1;
      return changed;
    };
    const since = wire.overheard.length;
    await until('a new handshake', () =>
      wire.overheard
        .slice(since)
        .some(({ from, bytes }) => from === 'base' && bytes.length === 53 && bytes[4] === 1),
    );
    await light.ready();
  });

  it('is of no use to who says again what was recorded', async () => {
    const keyFile = newKeyFile(temporaryFolder(atTestEnd));
    const unit = await startUnit('lamp', keyFile);
    const wire = await startListeningProxy(unit.port, atTestEnd);
    const lamp = await addUnit(wire.port);
    await system().giveKey(lamp.id, keyFile);
    await lamp.ready();
    await switchLamp(lamp, true);
    const opening = wire.overheard.find(({ from, bytes }) => from === 'base' && bytes[4] === 1);
    const first = wire.overheard.indexOf(opening ?? { from: 'base', bytes: new Uint8Array() });
    const said = wire.overheard
      .slice(first)
      .filter(({ from, bytes }) => from === 'base' && bytes[0] === 0xb6)
      .map(({ bytes }) => bytes);
    // The unit answers the handshake, for it cannot know; then the first frame does not open.
    const heard = await sayRaw(unit.port, Buffer.concat(said));
    expect(heard.subarray(0, 5).toString('hex')).toBe('b601003101');
    const rest = heard.subarray(53);
    // One sealed goodbye and nothing else: four bytes and their tag.
    expect(rest.length).toBe(4 + 4 + 16);
    await switchLamp(lamp, true);
  });

  it('opens once with a ticket, and not for who says it again', async () => {
    const keyFile = newKeyFile(temporaryFolder(atTestEnd));
    const unit = await startUnit('lamp', keyFile);
    const wire = await startListeningProxy(unit.port, atTestEnd);
    const lamp = await addUnit(wire.port);
    await system().giveKey(lamp.id, keyFile);
    await lamp.ready();
    // An on-demand unit is disconnected when there is nothing to do; the next command resumes with
    // a ticket.
    await until('the base has left', () => wire.open() === 0);
    await switchLamp(lamp, true);
    const resumed = wire.overheard.find(
      ({ from, bytes }) => from === 'base' && bytes.length === 69 && bytes[4] === 2,
    );
    const said = resumed?.bytes ?? new Uint8Array();
    const heard = await sayRaw(unit.port, said, { enoughBytes: 5 });
    expect(heard.toString('hex')).toBe('b601000104');
  });
});
