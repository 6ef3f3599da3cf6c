import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { toString as draw } from 'qrcode';
import type { UnitId } from '#protocol/ids.ts';
import { parseLinkKey } from '#protocol/noise/link-key.ts';
import { formatUnitLabel } from '#protocol/provisioning/unit-label.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { dataFolderAt } from '../../base-unit/config/data-folder.ts';
import { openStore } from '../../base-unit/store/store.ts';
import { addLabelledUnit } from '../../base-unit/cli/unit-commands.ts';
import { runProvision } from '../../cli/unit/provision/run-provision.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { capturePrinted, type Printed } from '../harness/printed.ts';
import { sharedSystem } from '../harness/shared-system.ts';
import { firmwareIsBuilt, newKeyFile, UnitProcess } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { UnprovisionedUnit } from '../harness/unprovisioned-unit.ts';

const system = sharedSystem({ units: ['lamp'], implementation: 'firmware' });
let printed: Printed;

/** `signalbox unit provision` at the base of the system. */
async function provision(unit: UnprovisionedUnit, ...more: string[]): Promise<number> {
  const argv = ['--port', unit.serialPath, '--data', system().baseData, ...more];
  return runProvision(argv, new AbortController().signal);
}

function passwordFile(password: string): string {
  const path = join(temporaryFolder(atTestEnd), 'password');
  writeFileSync(path, `${password}\n`, { mode: 0o600 });
  return path;
}

async function unitNamed(name: string) {
  const { units } = await system().snapshot();
  return units.find((unit) => unit.name === name);
}

/** What the label of a unit must contain, given what the base knows. */
async function labelOf(unitId: UnitId): Promise<string> {
  const store = openStore({ path: dataFolderAt(system().baseData).database });
  const protection = store.units.protection(unitId);
  store.close();
  if (protection.kind !== 'encrypted') throw new Error('the base has no key for the unit');
  const { endpoint, identity } = await system().unitById(unitId).view();
  if (endpoint.kind !== 'base') throw new Error('no base has the unit');
  const { address } = endpoint;
  return formatUnitLabel({ hardwareId: identity?.hardwareId ?? '', address, key: protection.key });
}

describe.skipIf(!firmwareIsBuilt())('provisioning over a serial line (C++ units)', () => {
  beforeEach(() => {
    printed = capturePrinted();
  });

  it('brings a unit from its first boot to its first command', async () => {
    const unit = new UnprovisionedUnit({ id: 'lamp-fresh', accessPoint: 'home:open sesame' });
    await unit.start();
    expect(await unit.listens()).toBe(false);
    const password = passwordFile('open sesame');
    const code = await provision(
      unit,
      '--ssid',
      'home',
      '--password-file',
      password,
      '--name',
      'Desk',
    );
    expect(printed.text).toContain('4/4 Base: "Desk" is ready');
    expect(code).toBe(0);
    // The hub has it as well, without anybody having typed an address.
    const view = await until('the hub has the unit', () => unitNamed('Desk'));
    const lamp = system().unitById(view.id);
    await lamp.ready();
    expect((await lamp.view()).identity?.hardwareId).toBe('lamp-fresh');
    const { command } = await lamp.command(
      { verb: 'invoke', affordance: 'on', input: true },
      { wait: 10 },
    );
    expect(command.state).toBe('succeeded');
    expect(unit.output).toContain('encrypted');
  });

  it('says which step failed, and can be done again', async () => {
    const unit = new UnprovisionedUnit({ id: 'lamp-again', accessPoint: 'home:right' });
    await unit.start();
    expect(await provision(unit)).toBe(1);
    expect(printed.text).toContain('--ssid is needed');
    const wrong = passwordFile('wrong');
    expect(await provision(unit, '--ssid', 'home', '--password-file', wrong)).toBe(1);
    expect(printed.text).toContain('could not join the Wi-Fi network');
    expect(printed.text).not.toContain('2/4');
    expect(await unit.listens()).toBe(false);
    const right = passwordFile('right');
    expect(await provision(unit, '--ssid', 'home', '--password-file', right)).toBe(0);
  });

  it('gives another key to a unit that was restarted by hand, which keeps its identity', async () => {
    const unit = new UnprovisionedUnit({ id: 'lamp-label' });
    await unit.start();
    expect(await provision(unit, '--ssid', 'home', '--open')).toBe(0);
    const before = await until('the hub has the unit', () => unitNamed('lamp-label'));
    await unit.kill();
    await unit.start();
    const picture = join(temporaryFolder(atTestEnd), 'label.svg');
    expect(await provision(unit, '--qr', '--label-file', picture)).toBe(0);
    expect(printed.text).toContain('already connected');
    expect((await unitNamed('lamp-label'))?.id).toBe(before.id);
    // The key that the base has now is in the picture, and in what only its owner can read.
    const label = await labelOf(before.id);
    expect(printed.text).toContain(await draw(label, { type: 'utf8' }));
    expect(readFileSync(picture, 'utf8')).toBe(await draw(label, { type: 'svg' }));
    expect(statSync(picture).mode & 0o777).toBe(0o600);
    expect(statSync(unit.settingsPath).mode & 0o777).toBe(0o600);
    expect(printed.text + unit.output).not.toMatch(/[A-Za-z0-9+/_-]{43}/);
  });

  it('is needed again after a factory reset, which leaves nothing of the key', async () => {
    const unit = new UnprovisionedUnit({ id: 'lamp-forgets' });
    await unit.start();
    expect(await provision(unit, '--ssid', 'home', '--open')).toBe(0);
    const { id } = await until('the hub has the unit', () => unitNamed('lamp-forgets'));
    const lamp = system().unitById(id);
    await lamp.ready();
    const forget = {
      verb: 'invoke',
      operation: 'invokeaction',
      affordance: 'factoryReset',
    } as const;
    const { command } = await lamp.command(forget, { wait: 10 });
    expect(command.state).toBe('succeeded');
    await until('it waits for a key', () =>
      /settings erased[^]*waiting for a key/.test(unit.output),
    );
    expect(await unit.listens()).toBe(false);
    expect(readFileSync(unit.settingsPath).every((byte) => byte === 0xff)).toBe(true);
    expect(await provision(unit, '--ssid', 'home', '--open')).toBe(0);
    await until(
      'it is the unit it was',
      async () => (await lamp.view()).presence.state === 'ready',
    );
  });

  it('is not needed for a unit whose label is read', async () => {
    const keyFile = newKeyFile(temporaryFolder(atTestEnd));
    const unit = new UnitProcess({
      kind: 'light_sensor',
      id: 'light-label',
      implementation: 'firmware',
      cleanup: atTestEnd,
      keyFile,
    });
    await unit.start();
    const key = parseLinkKey(readFileSync(keyFile, 'utf8'));
    if (!key) throw new Error('no key');
    const address = { host: '127.0.0.1', port: unit.port };
    const label = formatUnitLabel({ hardwareId: 'light-label', address, key });
    const add = (text: string) =>
      addLabelledUnit(
        ['--label-file', '-', '--name', 'Window', '--data', system().baseData],
        Readable.from([text]),
      );
    expect(await add('signalbox:unit?v=1')).toBe(1);
    expect(printed.text).toContain('is not a unit label');
    expect(await add(`${label}\n`)).toBe(0);
    const view = await until('the hub has the unit', () => unitNamed('Window'));
    await system().unitById(view.id).ready();
    expect(printed.text).not.toContain(readFileSync(keyFile, 'utf8'));
  });

  it('is refused without a serial port, and by a base that is not paired', async () => {
    const missing = ['--port', '/dev/no-such-line', '--data', system().baseData];
    expect(await runProvision(missing, new AbortController().signal)).toBe(2);
    expect(printed.text).toContain('does not exist');
    const file = ['--port', passwordFile('x'), '--data', system().baseData];
    expect(await runProvision(file, new AbortController().signal)).toBe(2);
    expect(printed.text).toContain('is not a serial port');
    const nowhere = ['--data', temporaryFolder(atTestEnd)];
    expect(await runProvision(nowhere, new AbortController().signal)).toBe(2);
    expect(printed.text).toContain('not paired');
  });
});
