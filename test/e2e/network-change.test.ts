import { once } from 'node:events';
import { createServer } from 'node:net';
import type { UnitId } from '#protocol/ids.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runProvision } from '../../cli/unit/provision/run-provision.ts';
import { atTestEnd, CleanupStack } from '#platform/testing/cleanup.ts';
import { startSystem, type System } from '../harness/system.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { UnprovisionedUnit } from '../harness/unprovisioned-unit.ts';

const TRIAL_MS = 5_000;
const NETMASK = { netmask: '255.0.0.0', gateway: '127.0.0.1' } as const;
const OTHER_MAC = '02:11:22:33:44:55';

const cleanup = new CleanupStack();
const started: System[] = [];

function system(): System {
  const [found] = started;
  if (found === undefined) throw new Error('the system did not start');
  return found;
}

/** A lamp with its own settings, known to the system under this name. */
async function provisionedLamp(id: string) {
  const process = new UnprovisionedUnit({
    id,
    args: ['--network-trial-ms', String(TRIAL_MS)],
  });
  await process.start();
  await provision(process, 'home');
  const unitId = await until('the hub has the unit', async () => {
    const { units } = await system().snapshot();
    return units.find(({ name }) => name === id)?.id;
  });
  await system().unitById(unitId).ready();
  return { process, unitId, ...talkTo(unitId) };
}

async function provision(unit: UnprovisionedUnit, network: string): Promise<void> {
  const argv = ['--port', unit.serialPath, '--data', system().baseData];
  const code = await runProvision(
    [...argv, '--ssid', network, '--open'],
    new AbortController().signal,
  );
  expect(code).toBe(0);
}

function talkTo(unitId: UnitId) {
  const unit = system().unitById(unitId);
  const request = async (
    operation: 'invokeaction' | 'readproperty',
    affordance: string,
    input?: Readonly<Record<string, string>>,
  ) => {
    const order = { verb: 'invoke', operation, affordance } as const;
    const { command } = await unit.command(input === undefined ? order : { ...order, input }, {
      wait: 10,
    });
    return command;
  };
  return {
    invoke: async (action: string, input: Readonly<Record<string, string>>) => {
      expect((await request('invokeaction', action, input)).state).toBe('succeeded');
    },
    read: async (property: string) => (await request('readproperty', property)).output,
    /** Gives the base the unit's new address, as an owner does who moved it. */
    goesTo: (host: string, port: number) =>
      system().api.send('PATCH', `/api/units/${unitId}`, {
        body: { endpoint: { kind: 'base', address: { host, port } } },
      }),
  };
}

/** Cuts the unit's power and gives it back; returns where it listens then. */
async function powerCycle(unit: UnprovisionedUnit): Promise<string | undefined> {
  await unit.kill();
  const from = unit.output.length;
  await unit.start();
  return /^listening ([\d.]+):/m.exec(unit.output.slice(from))?.[1];
}

function moved(unit: UnprovisionedUnit, to: string, from = 0): Promise<unknown> {
  return until(`it is at ${to}`, () => unit.output.slice(from).includes(`network ip=${to} `));
}

describe.skipIf(!firmwareIsBuilt())('a unit that changes its address (C++ units)', () => {
  beforeAll(async () => {
    started.push(await startSystem({ units: ['lamp'], implementation: 'firmware', cleanup }));
  });
  afterAll(() => cleanup.run());

  beforeEach(() => {
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockReturnValue(true);
    }
    return () => vi.restoreAllMocks();
  });

  it('keeps what its base came by over restarts, until it gets another network', async () => {
    const lamp = await provisionedLamp('lamp-kept');
    const { port } = lamp.process;
    const ownMac = await lamp.read('mac');
    await lamp.invoke('networkSet', { ip: '127.0.0.5', ...NETMASK });
    await moved(lamp.process, '127.0.0.5');
    await lamp.goesTo('127.0.0.5', port);
    await until('it keeps the address', async () => (await lamp.read('networkChange')) === 'kept');
    // Its address stays the same, so its base reconnects by itself.
    await lamp.invoke('macSet', { mac: OTHER_MAC });
    await until('it has the MAC address', async () => (await lamp.read('mac')) === OTHER_MAC);
    await until('it keeps that too', async () => (await lamp.read('networkChange')) === 'kept');

    expect(await powerCycle(lamp.process)).toBe('127.0.0.5');
    expect(await lamp.read('networkChange')).toBe('none');
    expect(await lamp.read('ipMode')).toBe('fixed');
    expect(await lamp.read('mac')).toBe(OTHER_MAC);

    const from = lamp.process.output.length;
    const provisioned = provision(lamp.process, 'another');
    await moved(lamp.process, '127.0.0.1', from);
    await lamp.goesTo('127.0.0.1', port);
    await provisioned;
    expect(await powerCycle(lamp.process)).toBe('127.0.0.1');
    expect(await lamp.read('ipMode')).toBe('dhcp');
    expect(await lamp.read('mac')).toBe(ownMac);
  });

  it('goes back when no base comes by the new address, and at a power cut before one has', async () => {
    const lamp = await provisionedLamp('lamp-back');
    await lamp.invoke('networkSet', { ip: '127.0.0.6', ...NETMASK });
    await moved(lamp.process, '127.0.0.6');
    const from = lamp.process.output.length;
    await moved(lamp.process, '127.0.0.1', from);
    expect(await lamp.read('networkChange')).toBe('reverted');
    await lamp.invoke('networkSet', { ip: '127.0.0.6', ...NETMASK });
    await until('it is there again', () =>
      lamp.process.output.slice(from).includes('network ip=127.0.0.6 '),
    );
    expect(await powerCycle(lamp.process)).toBe('127.0.0.1');
    expect(await lamp.read('networkChange')).toBe('none');
  });

  it('starts without the address that it kept where it cannot have that, and says so', async () => {
    const lamp = await provisionedLamp('lamp-taken');
    const { port } = lamp.process;
    await lamp.invoke('networkSet', { ip: '127.0.0.7', ...NETMASK });
    await moved(lamp.process, '127.0.0.7');
    await lamp.goesTo('127.0.0.7', port);
    await until('it keeps the address', async () => (await lamp.read('networkChange')) === 'kept');
    await lamp.process.kill();
    const squatter = createServer().listen(port, '127.0.0.7');
    atTestEnd.add(() => squatter.close());
    await once(squatter, 'listening');
    expect(await powerCycle(lamp.process)).toBe('127.0.0.1');
    await lamp.goesTo('127.0.0.1', port);
    expect(await lamp.read('networkChange')).toBe('fallback');
    // The new proof by its owner replaces the stored one.
    await lamp.invoke('networkSet', { ip: '0.0.0.0', netmask: '0.0.0.0', gateway: '0.0.0.0' });
    await until('it keeps that', async () => (await lamp.read('networkChange')) === 'kept');
    squatter.close();
    expect(await powerCycle(lamp.process)).toBe('127.0.0.1');
    expect(await lamp.read('networkChange')).toBe('none');
  });
});
