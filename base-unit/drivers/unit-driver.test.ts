import { expect, it } from 'vitest';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { type Tampering, virtualUnit } from '../../test/harness/virtual-units.ts';
import { AncestorLamp } from '../testing/ancestor-lamp.ts';
import { AncestorSensor } from '../testing/ancestor-sensor.ts';
import { type DriverSetting, driverFor } from '../testing/driven-unit.ts';
import { LAMP_ABILITIES } from '../testing/lamp-abilities.ts';
import { type MemoryUnit, MemoryTransport } from '../testing/memory-transport.ts';
import { nodeCrypto } from './framed/node-crypto.ts';
import type { DrivenUnit } from '../testing/driver-talk.ts';
import { itDrivesUnits } from './port/unit-driver.contract.ts';

const address = { host: 'unit.test', port: 8888 };
const nowhere = { host: 'nowhere.test', port: 8888 };
/** Small against every deadline. */
const MOMENT_MS = 50;

type TamperedLink = Parameters<NonNullable<Tampering['onSend']>>[1];

interface Peer {
  readonly unit: MemoryUnit;
  readonly freeze: () => void;
  readonly thaw: () => void;
}

function inMemory(
  setting: Pick<DriverSetting, 'link' | 'protection'>,
  peerOf: (clock: ManualClock) => Peer,
): DrivenUnit {
  const clock = new ManualClock();
  const transport = new MemoryTransport();
  const { unit, freeze, thaw } = peerOf(clock);
  transport.put(address, unit);
  return {
    driver: driverFor({ ...setting, address, transport, clock }),
    ...{ address, nowhere, clock, freeze, thaw },
    letPass: () => clock.advance(MOMENT_MS),
    cut: () => {
      transport.remove(address);
      transport.put(address, unit);
    },
  };
}

/** The lamp of stock in TypeScript, whose answers can be held back. */
function standIn(clock: ManualClock, key?: Uint8Array): Peer {
  const held: { requestId: number; body: NonNullable<EnvelopeBody>; link: TamperedLink }[] = [];
  let isFrozen = false;
  const unit = virtualUnit(
    {
      ...{ kind: 'lamp', clock, hardwareId: 'driven' },
      ...(key ? { encryption: { key, crypto: nodeCrypto } } : {}),
      tampering: {
        onSend: (message, link) => {
          if (isFrozen) held.push({ ...message, link });
          return isFrozen;
        },
      },
    },
    atTestEnd,
  );
  return {
    unit,
    freeze: () => {
      isFrozen = true;
    },
    thaw: () => {
      isFrozen = false;
      for (const { requestId, body, link } of held.splice(0)) link.send(requestId, body);
    },
  };
}

const key = new Uint8Array(32).fill(7);

const framedInPlain = () => inMemory({ link: 'frames', protection: { kind: 'plain' } }, standIn);

itDrivesUnits('the framed driver, in plain', framedInPlain, LAMP_ABILITIES);

itDrivesUnits(
  'the framed driver, encrypted',
  () =>
    inMemory({ link: 'frames', protection: { kind: 'encrypted', key } }, (clock) =>
      standIn(clock, key),
    ),
  LAMP_ABILITIES,
);

const READ_VALUE = { operation: 'readproperty', affordance: 'value' } as const;

const lineSensor = () =>
  inMemory({ link: 'line-sensor', protection: { kind: 'unknown' } }, (clock) => {
    const sensor = new AncestorSensor({ clock, read: () => 512 });
    atTestEnd.add(() => sensor.close());
    return { unit: sensor, freeze: () => sensor.freeze(), thaw: () => sensor.thaw() };
  });

itDrivesUnits('the line driver of a sensor', lineSensor, {
  read: { request: READ_VALUE, output: 512 },
  reports: 'value',
  refuses: [
    [{ operation: 'readproperty', affordance: 'smell' }, 'affordance_unknown'],
    [{ operation: 'invokeaction', affordance: 'reset' }, 'affordance_unknown'],
    [{ operation: 'writeproperty', affordance: 'value', input: 1 }, 'operation_not_allowed'],
  ],
  // The next number answers whoever waits for it then.
  answers: { late: [] },
});

const lineLamp = () =>
  inMemory({ link: 'line-lamp', protection: { kind: 'unknown' } }, (clock) => {
    const lamp = new AncestorLamp(clock);
    atTestEnd.add(() => lamp.close());
    // It says nothing at any time.
    return { unit: lamp, freeze: () => undefined, thaw: () => undefined };
  });

itDrivesUnits('the line driver of a lamp', lineLamp, {
  write: {
    request: { operation: 'writeproperty', affordance: 'color', input: '#ff8800' },
    end: { outcome: 'unknown', code: 'unconfirmed' },
  },
  refuses: [
    [{ operation: 'readproperty', affordance: 'color' }, 'operation_not_allowed'],
    [{ operation: 'writeproperty', affordance: 'color', input: 'reddish' }, 'input_invalid'],
    [{ operation: 'writeproperty', affordance: 'on', input: true }, 'affordance_unknown'],
    [{ operation: 'invokeaction', affordance: 'reset' }, 'affordance_unknown'],
  ],
  answers: false,
});

it.each([
  ['sensor', lineSensor],
  ['lamp', lineLamp],
])('describes a %s line unit without pids', (_kind, make) => {
  const { staticDescription } = make().driver;
  const described = JSON.stringify(staticDescription?.model.thing);
  expect(described).toContain('properties');
  expect(described).not.toContain('sb:pid');
});

it.each([
  ['a framed unit', framedInPlain, false],
  ['a line sensor', lineSensor, true],
  ['a line lamp', lineLamp, false],
])('knows whether %s loses readings while nobody is connected', (_kind, make, loses) => {
  expect(make().driver.losesReadings).toBe(loses);
});
